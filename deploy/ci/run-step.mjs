// Runs one step of the set-up: quiet while it works, its output only when it fails.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The folder of package.json. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A long step says so often that it is still at work. */
const STILL_EVERY_MS = 20_000;
/** Of a failed step's output the end is shown: that is where the reason stands. */
const OUTPUT_CHARACTERS_MAX = 6_000;

const startedMs = Date.now();

/** One line of progress, with the time since the command began. */
export function say(text) {
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(0).padStart(3);
  process.stderr.write(`hedgerow ${seconds} s  ${text}\n`);
}

/** A set-up that cannot go on: what failed, what to do, and what the step said. */
export class Failure extends Error {
  constructor(message, advice, output = "") {
    super(message);
    this.advice = advice;
    this.output = output;
  }
}

/**
 * Runs `command` in the project's folder; rejects with a Failure when it ends badly.
 * `advice` is a text, or a function of the step's output.
 */
export async function runStep({ title, command, args, env = {}, advice }) {
  say(`${title} …`);
  let output = "";
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      output = (output + text).slice(-OUTPUT_CHARACTERS_MAX);
    });
  }
  const still = setInterval(() => say(`… still at it: ${title.split(" (")[0]}`), STILL_EVERY_MS);
  const end = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) =>
      resolve(code === 0 ? "" : `ended with ${signal ?? code}`),
    );
  });
  clearInterval(still);
  if (end === "") return;
  throw new Failure(
    `${title}: ${end}`,
    typeof advice === "function" ? advice(output) : advice,
    output,
  );
}
