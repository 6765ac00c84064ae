import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { buildNetwork, configureHosts } from "./build.ts";
import type { Starter } from "./measure.ts";
import { pidsWithin, removeNamespaces, startOf } from "./owner.ts";
import {
  type HostPlace,
  type LinkQuality,
  linkCommand,
  namespacesOf,
  planTestbed,
  switchPorts,
  type TestbedOptions,
  type TestbedPlan,
} from "./plan.ts";
import { applyRules } from "./rules.ts";
import { compiledSwitch } from "./switch-process.ts";
import { mustRun } from "./tools.ts";

// Testbeds that outlive the command that made them, for work by hand. What must be known of one to change
// and to remove it lies in a file of /run, which a restart of the machine empties as it ends the namespaces.

const FOLDER = "/run/hedgerow-testbed";
const SWITCH_ATTEMPTS_MAX = 500;

/** A testbed by hand, as it is kept in mind; plain data. */
export interface HandTestbed {
  readonly name: string;
  readonly plan: TestbedPlan;
  /** The switch, by id and start. */
  readonly switch?: { readonly pid: number; readonly start: string };
  /** Who hears nothing of whom: host to hosts. */
  readonly cuts: Readonly<Record<string, readonly string[]>>;
}

/** Names of the testbeds by hand that are up. */
export function handNames(): readonly string[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER).flatMap((file) =>
    file.endsWith(".json") ? [file.slice(0, -".json".length)] : [],
  );
}

/** The testbed of this name; undefined when it is not up. */
export function handTestbed(name: string): HandTestbed | undefined {
  const path = pathOf(name, "json");
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, "utf8")) as HandTestbed;
}

/** Makes a testbed that stays. `name`: letters, digits and dashes. */
export async function raiseHandTestbed(
  name: string,
  options: TestbedOptions,
): Promise<HandTestbed> {
  const plan = planTestbed(`hghand.${name}`, options);
  mkdirSync(FOLDER, { recursive: true });
  // What an attempt before left halfway.
  await removeNamespaces(namespacesOf(plan));
  try {
    await buildNetwork(plan);
    const theSwitch = plan.link === undefined ? undefined : await startSwitch(name, plan);
    const made: HandTestbed = {
      ...{ name, plan, cuts: {} },
      ...(theSwitch === undefined ? {} : { switch: theSwitch }),
    };
    keep(made);
    if (plan.link !== undefined) tellSwitch(made, linkCommand("*", "*", plan.link));
    await configureHosts(plan);
    return made;
  } catch (error) {
    await removeNamespaces(namespacesOf(plan));
    forget(name);
    throw error;
  }
}

/** Removes a testbed and ends all that runs on its hosts. */
export async function removeHandTestbed(testbed: HandTestbed): Promise<void> {
  const { name, plan, switch: theSwitch } = testbed;
  if (theSwitch !== undefined && startOf(theSwitch.pid) === theSwitch.start)
    process.kill(theSwitch.pid, "SIGTERM");
  await removeNamespaces(namespacesOf(plan));
  forget(name);
}

/** Starts programs on the hosts of a testbed by hand. */
export const handStarter: Starter = {
  spawn: (host: HostPlace, command: readonly string[], options?: SpawnOptions): ChildProcess =>
    spawn("ip", ["netns", "exec", host.namespace, ...command], options ?? {}),
};

/** From now on `to` hears nothing of `from`. */
export async function cutByHand(testbed: HandTestbed, from: string, to: string): Promise<void> {
  const before = testbed.cuts[to] ?? [];
  const cuts = { ...testbed.cuts, [to]: [...new Set([...before, from])] };
  await applyCuts({ ...testbed, cuts }, to);
  keep({ ...testbed, cuts });
}

/** Ends all cuts. */
export async function healByHand(testbed: HandTestbed): Promise<void> {
  for (const to of Object.keys(testbed.cuts)) await applyCuts({ ...testbed, cuts: {} }, to);
  keep({ ...testbed, cuts: {} });
}

/** Changes the links from one host to another. @throws Error without the switch. */
export function linkByHand(
  testbed: HandTestbed,
  from: number,
  to: number,
  quality: LinkQuality,
): void {
  if (testbed.switch === undefined)
    throw new Error("links of the kernel's bridge have no quality: give up a --delay, even of 0ms");
  tellSwitch(testbed, linkCommand(from, to, quality));
}

/** How many programs run on each host. */
export async function programCounts({ plan }: HandTestbed): Promise<readonly number[]> {
  const counts: number[] = [];
  for (const { namespace } of plan.hosts) counts.push((await pidsWithin(namespace)).length);
  return counts;
}

async function applyCuts({ plan, cuts }: HandTestbed, to: string): Promise<void> {
  const host = plan.hosts.find(({ name }) => name === to);
  if (host === undefined) return;
  const cutFrom = plan.hosts.filter(({ name }) => cuts[to]?.includes(name) === true);
  await applyRules(host, { cutFrom, lossShare: 0 });
}

/** The switch, which ends with its input: a pipe that it holds open itself, and that later commands write to. */
async function startSwitch(
  name: string,
  plan: TestbedPlan,
): Promise<{ readonly pid: number; readonly start: string }> {
  const [pipe, said] = [pathOf(name, "pipe"), pathOf(name, "said")];
  rmSync(pipe, { force: true });
  await mustRun("mkfifo", [pipe]);
  const child = spawn(await compiledSwitch(), [String(plan.seed), ...switchPorts(plan)], {
    detached: true,
    stdio: [openSync(pipe, "r+"), openSync(said, "w"), openSync(said, "a")],
  });
  child.unref();
  for (let attempt = 0; attempt < SWITCH_ATTEMPTS_MAX; attempt += 1) {
    if (readFileSync(said, "utf8").includes("ready")) {
      const { pid = 0 } = child;
      return { pid, start: startOf(pid) ?? "" };
    }
    if (child.exitCode !== null) break;
    await sleep(10);
  }
  throw new Error(`the switch did not start: ${readFileSync(said, "utf8").trim()}`);
}

function tellSwitch({ name }: HandTestbed, line: string): void {
  appendFileSync(pathOf(name, "pipe"), `${line}\n`);
}

function keep(testbed: HandTestbed): void {
  writeFileSync(pathOf(testbed.name, "json"), JSON.stringify(testbed));
}

function forget(name: string): void {
  for (const kind of ["json", "pipe", "said"] as const) rmSync(pathOf(name, kind), { force: true });
}

function pathOf(name: string, kind: "json" | "pipe" | "said"): string {
  return `${FOLDER}/${name}.${kind}`;
}
