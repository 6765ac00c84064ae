import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { AgentError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { RunAs } from "../core/spawner.ts";

/** What is executed in place of node, and what comes before node's own arguments. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/** A program that runs as its parent. */
export const PLAIN_LAUNCH: Launch = { command: process.execPath, args: [] };

/** What became of a wish for other rights; `refused` says what is to be done. */
export type LaunchOutcome =
  | { readonly kind: "launch"; readonly launch: Launch; readonly owner: Owner | undefined }
  | { readonly kind: "refused"; readonly error: AgentError };

/** Ids of a user and of its first group. */
export interface Owner {
  readonly userId: number;
  readonly groupId: number;
}

/** Bits of capabilities. Source: capabilities(7), linux/capability.h. */
const CAP_SETGID = 6;
const CAP_SETUID = 7;

/** Names of the system's real-time policies for chrt. */
const POLICIES = { fifo: "--fifo", roundRobin: "--rr" } as const;

/**
 * Starts programs with the rights that they should have: each is the same process as the wrapper that
 * gives it those (util-linux setpriv and chrt), so its number and its open files stay.
 *
 * A program of another user, or of named groups, gains nothing afterwards (no_new_privs) and has the named
 * groups only. Without the right to real-time scheduling it runs anyway, and that is logged once.
 */
export class Rights {
  readonly #log: Pick<Log, "write"> | undefined;
  /** Whether the system allows it, by chrt's arguments. */
  readonly #isAllowed = new Map<string, boolean>();

  constructor(log: Pick<Log, "write"> | undefined) {
    this.#log = log;
  }

  /** How to start a program as `runAs` says. */
  launch({ user, groups = [], realTime }: RunAs): LaunchOutcome {
    const args: string[] = [];
    let owner: Owner | undefined;
    if (realTime !== undefined) args.push(...this.#realTime(realTime));
    if (user !== undefined || groups.length > 0) {
      const given = privilegesOf(user, groups);
      if (given instanceof AgentError) return { kind: "refused", error: given };
      args.push("setpriv", ...given.args, "--");
      owner = given.owner;
    }
    args.push(process.execPath);
    return { kind: "launch", launch: { command: args[0] ?? "", args: args.slice(1) }, owner };
  }

  #realTime({ policy, priority }: NonNullable<RunAs["realTime"]>): string[] {
    const wish = [POLICIES[policy], String(priority)];
    const key = wish.join(" ");
    let isAllowed = this.#isAllowed.get(key);
    if (isAllowed === undefined) {
      isAllowed = spawnSync("chrt", [...wish, "true"], { stdio: "ignore" }).status === 0;
      this.#isAllowed.set(key, isAllowed);
      const todo = "run the agent as root, with CAP_SYS_NICE, or with a limit rtprio high enough";
      if (!isAllowed) this.#log?.write("warn", "real-time-refused", { policy, priority, todo });
    }
    return isAllowed ? ["chrt", ...wish] : [];
  }
}

interface Privileges {
  /** Of setpriv. */
  readonly args: readonly string[];
  /** Undefined: the user stays. */
  readonly owner: Owner | undefined;
}

function privilegesOf(
  user: string | undefined,
  groups: readonly string[],
): Privileges | AgentError {
  const args = ["--no-new-privs", "--inh-caps=-all"];
  const groupIds: number[] = [];
  for (const group of groups) {
    const [, , id] = entryOf("group", group);
    if (id === undefined)
      return refused({ group, why: "no such group", todo: `groupadd --system ${group}` });
    groupIds.push(Number(id));
  }
  let owner: Owner | undefined;
  if (user !== undefined) {
    const [, , userId, groupId] = entryOf("passwd", user);
    if (userId === undefined || groupId === undefined)
      return refused({ user, why: "no such user", todo: `useradd --system ${user}` });
    owner = { userId: Number(userId), groupId: Number(groupId) };
    args.push(`--reuid=${userId}`, `--regid=${groupId}`);
  }
  args.push(groupIds.length === 0 ? "--clear-groups" : `--groups=${groupIds.join()}`);
  const isOwnUser = owner === undefined || owner.userId === process.getuid?.();
  if ((!isOwnUser && !hasCapability(CAP_SETUID)) || !hasCapability(CAP_SETGID)) {
    const todo = "run the agent as root, or with CAP_SETUID and CAP_SETGID";
    return refused({ user: user ?? "", groups: groups.join(), why: "no right to", todo });
  }
  if (spawnSync("setpriv", ["--version"], { stdio: "ignore" }).status !== 0)
    return refused({ user: user ?? "", why: "there is no setpriv", todo: "install util-linux" });
  return { args, owner };
}

function refused(facts: Record<string, string>): AgentError {
  return new AgentError("RUN_AS_REFUSED", facts);
}

/** The fields of `name` in a table of the system, from wherever it has them; none when it is unknown. */
function entryOf(table: "passwd" | "group", name: string): readonly string[] {
  // A number would be taken for an id.
  if (!/^[A-Za-z_][\w.-]*\$?$/.test(name)) return [];
  const { status, stdout } = spawnSync("getent", [table, name], { encoding: "utf8" });
  return status === 0 ? stdout.trim().split(":") : [];
}

function hasCapability(bit: number): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return ((BigInt(`0x${mask ?? "0"}`) >> BigInt(bit)) & 1n) === 1n;
}
