import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of package.json. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const OUTPUT_CHARACTERS_MAX = 20_000;

/** A tool that is missing or that failed; its message says what to do. */
export class ToolError extends Error {
  override readonly name = "ToolError";
}

/** How a tool is run. */
export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Told when the tool is not there. */
  readonly advice?: string;
}

/**
 * Runs a program to its end; resolves with what it wrote to standard output.
 * @throws ToolError with the end of what it said when it fails or is missing.
 */
export async function runTool(
  command: string,
  args: readonly string[],
  { cwd, env = {}, advice = "" }: ToolOptions = {},
): Promise<string> {
  const child = spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, LC_ALL: "C.UTF-8", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    said = (said + text).slice(-OUTPUT_CHARACTERS_MAX);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-OUTPUT_CHARACTERS_MAX);
  });
  const fault = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`cannot be run: ${error.message}`));
    child.once("close", (code, signal) =>
      resolve(code === 0 ? "" : `ended with ${String(signal ?? code)}\n${said.trimEnd()}`),
    );
  });
  if (fault === "") return output;
  throw new ToolError(`${command} ${args.slice(0, 3).join(" ")}: ${fault}\n${advice}`.trimEnd());
}

/** Where downloads, compiled parts and root file systems are kept from one run to the next. */
export function cacheFolder(): string {
  return process.env["HEDGEROW_CACHE"] ?? join(homedir(), ".cache", "hedgerow");
}
