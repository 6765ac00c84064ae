import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { ActionLine, ClockBoardOptions } from "./clock-board.ts";

const BOARD_MODULE = new URL("./clock-board.js", import.meta.url).pathname;
const UDP_PORT = 7_123;

/** How boards with wrong clocks are run. */
export interface ClocksOptions {
  readonly boardCount: number;
  /** Actions of which the spread is taken; earlier ones, until `settleMs` has passed, are not. */
  readonly actionCount: number;
  readonly actionMs: number;
  readonly settleMs: number;
}

/** What became of it. */
export interface ClocksReport {
  /** Of each action that all took: the latest less the earliest, in µs. */
  readonly spreadsUs: readonly number[];
  /** Of each board all it said, from the first action on. */
  readonly lines: ReadonlyMap<string, readonly ActionLine[]>;
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Runs boards in network namespaces of their own, joined by a bridge in one more, each with a skew of its own. */
export async function runClocks(options: ClocksOptions): Promise<ClocksReport> {
  const { boardCount, actionCount, actionMs, settleMs } = options;
  const prefix = `hc${process.pid}`;
  const bridge = `${prefix}s`;
  const made: string[] = [];
  const lines = new Map<string, ActionLine[]>();
  const children: ReturnType<typeof spawn>[] = [];
  const exits: Promise<unknown>[] = [];
  const namespaceOf = (index: number): string => `${prefix}x${index}`;
  const hostOf = (index: number): string => `10.78.0.${index + 1}`;
  const indexes = Array.from({ length: boardCount }, (_, index) => index);
  try {
    for (const name of [bridge, ...indexes.map(namespaceOf)]) {
      ip("netns", "add", name);
      made.push(name);
    }
    ip("-n", bridge, "link", "add", "bridge", "type", "bridge");
    ip("-n", bridge, "link", "set", "bridge", "up");
    for (const index of indexes) {
      const namespace = namespaceOf(index);
      const cable = ["link", "add", `to-${index}`, "netns", bridge, "type", "veth"];
      ip(...cable, "peer", "name", "cable", "netns", namespace);
      ip("-n", bridge, "link", "set", `to-${index}`, "master", "bridge", "up");
      ip("-n", namespace, "address", "add", `${hostOf(index)}/24`, "dev", "cable");
      ip("-n", namespace, "link", "set", "cable", "up");
    }
    const peers = indexes.map((index) => ({
      boardId: `b${index}`,
      address: `${hostOf(index)}:${UDP_PORT}`,
    }));
    for (const index of indexes) {
      const told: ClockBoardOptions = {
        ...{ boardId: `b${index}`, host: hostOf(index), udpPort: UDP_PORT, peers, actionMs },
        driftPpb: Math.round((index / Math.max(1, boardCount - 1) - 0.5) * 200_000),
        offsetUs: (index - 3) * 1_300_000,
      };
      const command = ["netns", "exec", namespaceOf(index), process.execPath, BOARD_MODULE];
      const child = spawn("ip", [...command, JSON.stringify(told)], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      children.push(child);
      exits.push(once(child, "exit"));
      const said: ActionLine[] = [];
      lines.set(told.boardId, said);
      createInterface(child.stdout).on("line", (line) => said.push(JSON.parse(line) as ActionLine));
    }
    await new Promise((resolve) => setTimeout(resolve, settleMs + actionCount * actionMs));
  } finally {
    for (const child of children) child.stdin?.end();
    await Promise.all(exits);
    for (const name of made) ip("netns", "delete", name);
  }
  return { lines, spreadsUs: spreadsOf([...lines.values()], actionCount) };
}

function spreadsOf(boards: readonly (readonly ActionLine[])[], count: number): readonly number[] {
  const byInstant = new Map<number, number[]>();
  for (const lines of boards)
    for (const { instantUtcUs, actedUs } of lines)
      byInstant.set(instantUtcUs, [...(byInstant.get(instantUtcUs) ?? []), actedUs]);
  const whole = [...byInstant.entries()]
    .filter(([, acted]) => acted.length === boards.length)
    .sort(([one], [other]) => one - other);
  return whole.slice(-count).map(([, acted]) => Math.max(...acted) - Math.min(...acted));
}
