import { setMaxListeners } from "node:events";
import { SIGNAL_LISTENERS_MAX } from "../process/process-world.ts";
import { type Command, CommandError, EXIT, type Terminal, UsageError } from "./command.ts";
import { hedgerowVersion } from "./version-text.ts";

/** Commands by name. */
type Commands = Readonly<Record<string, Command>>;

/**
 * Runs the command that this process was started with: its status is the process's. Ctrl-C and SIGTERM abort it.
 */
export async function runCommandLine(commands: Commands): Promise<void> {
  setMaxListeners(SIGNAL_LISTENERS_MAX);
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  process.once("SIGTERM", () => interrupted.abort());
  try {
    process.exitCode = await main(commands, process.argv.slice(2), {
      ...{ out: process.stdout, err: process.stderr, signal: interrupted.signal },
      isTty: process.stderr.isTTY,
    });
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const isPlain = isUsage || error instanceof CommandError;
    const text =
      error instanceof Error
        ? isPlain
          ? error.message
          : (error.stack ?? error.message)
        : String(error);
    process.stderr.write(`hedgerow: ${text}\n`);
    // Now: what a failed agent has open, its actors among it, would keep the process.
    process.exit(isUsage ? EXIT.usage : EXIT.failed);
  }
}

function help(commands: Commands): string {
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`,
  );
  return `hedgerow COMMAND [options]

${lines.join("\n")}

hedgerow COMMAND --help tells more; hedgerow --version prints the version.`;
}

async function main(
  commands: Commands,
  [name, ...words]: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    terminal.out.write(`${help(commands)}\n`);
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === "--version") {
    terminal.out.write(`${hedgerowVersion()}\n`);
    return EXIT.ok;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined)
    throw new UsageError(`there is no command ${name}; see hedgerow --help`);
  // What follows -- belongs to somebody else.
  const own = words.includes("--") ? words.slice(0, words.indexOf("--")) : words;
  if (own.includes("--help") || own.includes("-h")) {
    terminal.out.write(`${command.help}\n`);
    return EXIT.ok;
  }
  return command.run(words, terminal);
}
