import { quoted, type Ran, type Remote } from "./ssh.ts";

/** A step that did not succeed: what it was, what was seen, and what a person can do. */
export class StepError extends Error {
  override readonly name = "StepError";
  readonly step: string;
  readonly advice: string;

  constructor(step: string, saw: string, advice: string) {
    super(saw);
    this.step = step;
    this.advice = advice;
  }
}

/** Where the package keeps things on a board; `root` stands before them. */
export const BOARD_PATHS = {
  config: "/etc/hedgerow/node.conf",
  trusted: "/etc/hedgerow/trusted",
  trust: "/etc/hedgerow/trust.json",
  data: "/var/lib/hedgerow",
  curveKey: "/var/lib/hedgerow/curve.key",
} as const;

/** The last lines of what a program said. */
export function saidBy({ stderr, stdout, status }: Ran): string {
  const lines = `${stdout}\n${stderr}`.trim().split("\n").slice(-4).join("; ");
  return lines === "" ? `exit status ${status}` : lines;
}

/** Runs a script as root. @throws StepError when it fails. */
export async function runAsRoot(
  board: Remote,
  script: string,
  { step, advice }: { readonly step: string; readonly advice: string },
): Promise<string> {
  const ran = await board.run(script, true);
  if (ran.status !== 0) throw new StepError(step, saidBy(ran), advice);
  return ran.stdout;
}

/** A file of the board; empty when there is none. @throws StepError */
export function readBoardFile(board: Remote, path: string, step: string): Promise<string> {
  const script = `if [ -e ${quoted(path)} ]; then cat ${quoted(path)}; fi\n`;
  return runAsRoot(board, script, { step, advice: `look at ${path} on the board` });
}

/** A script that puts a file in its place, whole or not at all, readable by all: nothing secret is written. */
export function writeScript(path: string, text: string): string {
  const fresh = quoted(`${path}.new`);
  return `umask 022; printf %s ${quoted(text)} >${fresh} && sync ${fresh} && mv -f ${fresh} ${quoted(path)}\n`;
}
