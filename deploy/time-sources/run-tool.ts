import { execFile } from "node:child_process";

/** What a tool printed; undefined: it is not there, failed, said too much, or took too long. Never rejects. */
export type RunTool = (command: string, words: readonly string[]) => Promise<string | undefined>;

const TOOL_MS_MAX = 3_000;
const TEXT_BYTES_MAX = 64 * 1024;
/** Where tools of administrators are; a user's path often lacks it. */
const PATH_MORE = "/usr/sbin:/sbin";

/** Runs a tool that only reads, in plain English, for three seconds at most. */
export const runTool: RunTool = (command, words) => {
  const env = {
    ...process.env,
    PATH: `${process.env["PATH"] ?? ""}:${PATH_MORE}`,
    ...{ LC_ALL: "C", TZ: "UTC" },
  };
  const limits = {
    timeout: TOOL_MS_MAX,
    killSignal: "SIGKILL",
    maxBuffer: TEXT_BYTES_MAX,
  } as const;
  return new Promise((resolve) => {
    execFile(command, words, { ...limits, env, encoding: "utf8" }, (error, out) =>
      resolve(error === null ? out : undefined),
    );
  });
};
