import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** How a program ended. */
export interface Ended {
  /** Exit status; undefined when a signal ended it. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. @throws Error when it cannot be started. */
export async function runProgram(
  command: string,
  words: readonly string[],
  input = "",
): Promise<Ended> {
  const child = spawn(command, words, { stdio: ["pipe", "pipe", "pipe"] });
  // It may have ended before it read: its status says more.
  child.stdin.on("error", () => undefined).end(input);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { status: status ?? undefined, stdout, stderr };
}

/** Runs a program that has to succeed, and gives its output. @throws Error with what it complained of. */
export async function mustRun(
  command: string,
  words: readonly string[],
  input = "",
): Promise<string> {
  const { status, stdout, stderr } = await runProgram(command, words, input);
  if (status !== 0)
    throw new Error(`${[command, ...words].join(" ")} failed: ${stderr.trim() || String(status)}`);
  return stdout;
}

/** Runs lines of ip(8) in one process, in `namespace` or in this one. */
export async function ipBatch(
  lines: readonly string[],
  namespace?: string,
  { force = false } = {},
): Promise<void> {
  const where = namespace === undefined ? [] : ["-n", namespace];
  const how = force ? ["-force"] : [];
  const words = [...where, ...how, "-batch", "-"];
  const run = force ? runProgram : mustRun;
  await run("ip", words, `${lines.join("\n")}\n`);
}

/**
 * Why there can be no testbed here, with the command that changes it; undefined when there can.
 * Makes and removes one namespace to find out.
 */
export function testbedObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root: sudo";
  const name = `hgtry.${process.pid}`;
  const quiet = { stdio: "ignore" } as const;
  try {
    execFileSync("ip", ["netns", "add", name], quiet);
    execFileSync("ip", ["netns", "delete", name], quiet);
  } catch {
    return "needs iproute2 and network namespaces: apt-get install iproute2";
  }
  return undefined;
}

/** Why links cannot be cut here, with the command that changes it; undefined when they can. */
export function nftObstacle(): string | undefined {
  return isThere("nft") ? undefined : "needs nftables: apt-get install nftables";
}

/** Whether a program of this name can be run. */
export function isThere(command: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
