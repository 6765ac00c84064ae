#!/usr/bin/env node
import { setMaxListeners } from "node:events";
import { SIGNAL_LISTENERS_MAX } from "../process/process-world.ts";
import {
  appsCommand,
  removeCommand,
  rollbackCommand,
  startCommand,
  stopCommand,
} from "./app-commands.ts";
import { attackCommand } from "./attack-command.ts";
import { checkCommand } from "./check-command.ts";
import { type Command, CommandError, EXIT, type Terminal, UsageError } from "./command.ts";
import { dayCommand, simCommand } from "./day-command.ts";
import { deployCommand } from "./deploy-command.ts";
import { doctorCommand } from "./doctor-command.ts";
import { experimentCommand } from "./experiment-command.ts";
import { formatCommand } from "./format-command.ts";
import { genCommand } from "./gen-command.ts";
import { graphCommand } from "./graph-command.ts";
import { keyCommand } from "./key-command.ts";
import { ledgerCommand } from "./ledger-command.ts";
import { logsCommand } from "./logs-command.ts";
import { newCommand } from "./new-command.ts";
import { nodeCommand } from "./node-command.ts";
import { packCommand } from "./pack-command.ts";
import { recordingCommand, replayCommand } from "./replay-command.ts";
import { runCommand } from "./run-command.ts";
import { statusCommand } from "./status-command.ts";
import { testbedCommand } from "./testbed-command.ts";
import { topCommand } from "./top-command.ts";
import { hedgerowVersion } from "./version-text.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  day: dayCommand,
  sim: simCommand,
  run: runCommand,
  node: nodeCommand,
  status: statusCommand,
  top: topCommand,
  logs: logsCommand,
  doctor: doctorCommand,
  ledger: ledgerCommand,
  check: checkCommand,
  format: formatCommand,
  graph: graphCommand,
  new: newCommand,
  gen: genCommand,
  attack: attackCommand,
  key: keyCommand,
  pack: packCommand,
  deploy: deployCommand,
  apps: appsCommand,
  rollback: rollbackCommand,
  stop: stopCommand,
  start: startCommand,
  remove: removeCommand,
  recording: recordingCommand,
  replay: replayCommand,
  testbed: testbedCommand,
  experiment: experimentCommand,
};

function help(): string {
  const lines = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`,
  );
  return `hedgerow COMMAND [options]

${lines.join("\n")}

hedgerow COMMAND --help tells more; hedgerow --version prints the version.`;
}

async function main([name, ...words]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    terminal.out.write(`${help()}\n`);
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === "--version") {
    terminal.out.write(`${hedgerowVersion()}\n`);
    return EXIT.ok;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
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

setMaxListeners(SIGNAL_LISTENERS_MAX);
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());
process.once("SIGTERM", () => interrupted.abort());
try {
  process.exitCode = await main(process.argv.slice(2), {
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
