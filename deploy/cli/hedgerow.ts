#!/usr/bin/env node
import {
  appsCommand,
  removeCommand,
  rollbackCommand,
  startCommand,
  stopCommand,
} from "./app-commands.ts";
import { attackCommand } from "./attack-command.ts";
import { boardCommand } from "./board-command.ts";
import { boardsCommand } from "./boards-command.ts";
import { checkCommand } from "./check-command.ts";
import type { Command } from "./command.ts";
import { dayCommand, simCommand } from "./day-command.ts";
import { deployCommand } from "./deploy-command.ts";
import { dhtCommand } from "./dht-command.ts";
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
import { runCommandLine } from "./run-command-line.ts";
import { statusCommand } from "./status-command.ts";
import { testbedCommand } from "./testbed-command.ts";
import { timeCommand } from "./time-command.ts";
import { topCommand } from "./top-command.ts";
import { whyCommand } from "./why-command.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  day: dayCommand,
  sim: simCommand,
  run: runCommand,
  node: nodeCommand,
  status: statusCommand,
  top: topCommand,
  logs: logsCommand,
  doctor: doctorCommand,
  why: whyCommand,
  dht: dhtCommand,
  board: boardCommand,
  boards: boardsCommand,
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
  time: timeCommand,
  testbed: testbedCommand,
  experiment: experimentCommand,
};

await runCommandLine(COMMANDS);
