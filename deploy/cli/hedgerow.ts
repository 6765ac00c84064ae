#!/usr/bin/env node
import { attackCommand } from "./attack-command.ts";
import { checkCommand } from "./check-command.ts";
import type { Command } from "./command.ts";
import { dayCommand, simCommand } from "./day-command.ts";
import { experimentCommand } from "./experiment-command.ts";
import { formatCommand } from "./format-command.ts";
import { genCommand } from "./gen-command.ts";
import { graphCommand } from "./graph-command.ts";
import { ledgerCommand } from "./ledger-command.ts";
import { newCommand } from "./new-command.ts";
import { nodeCommand } from "./node-command.ts";
import { recordingCommand, replayCommand } from "./replay-command.ts";
import { runCommand } from "./run-command.ts";
import { runCommandLine } from "./run-command-line.ts";
import { statusCommand } from "./status-command.ts";
import { testbedCommand } from "./testbed-command.ts";
import { topCommand } from "./top-command.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  day: dayCommand,
  sim: simCommand,
  run: runCommand,
  node: nodeCommand,
  status: statusCommand,
  top: topCommand,
  ledger: ledgerCommand,
  check: checkCommand,
  format: formatCommand,
  graph: graphCommand,
  new: newCommand,
  gen: genCommand,
  attack: attackCommand,
  recording: recordingCommand,
  replay: replayCommand,
  testbed: testbedCommand,
  experiment: experimentCommand,
};

await runCommandLine(COMMANDS);
