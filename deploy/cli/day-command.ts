import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { marketCompiler } from "../../actors/transax/contracts/generated/market-artefact.ts";
import type { Json } from "../../agent/core/rpc.ts";
import { FileAssets } from "../../agent/io/file-assets.ts";
import { DAY_START_S, type DayOptions, INTERVAL_S, spanOf } from "../microgrid/day-options.ts";
import { ProgressDisplay } from "../microgrid/progress.ts";
import { type DayRecord, DEFAULT_TARIFF, recordToJson } from "../microgrid/record.ts";
import type { DayProgress, DayRecorder } from "../microgrid/record-chain.ts";
import { reportCsv } from "../microgrid/report-csv.ts";
import { reportHtml } from "../microgrid/report-html.ts";
import type { RunEvents } from "../microgrid/run-events.ts";
import { runProcesses } from "../microgrid/run-processes.ts";
import { runSimulated } from "../microgrid/run-simulated.ts";
import { summaryText } from "../microgrid/summary.ts";
import { type Command, EXIT, type Terminal } from "./command.ts";
import { DAY_HELP, DAY_WORDS, readDayOptions } from "./day-options-words.ts";
import { readWords, textOf, type Values } from "./words.ts";

const ASSETS = new URL("../../../actors/transax/", import.meta.url).pathname;
/** All processes on this machine, and their beacons. */
const LOOPBACK = { host: "127.0.0.1", broadcastHost: "127.255.255.255" } as const;

/** A run's result, whichever way it ran. */
interface Ran {
  readonly recorder: DayRecorder;
  /** Of a simulation: hash of all that happened. */
  readonly transcriptHash?: string;
}

/** `hedgerow day`: the microgrid's day as processes of this machine. */
export const dayCommand: Command = {
  summary: "let the microgrid trade a day: eleven agents, 102 households, a ledger",
  help: `hedgerow day [options]

Starts eleven agents (one a feeder), an actor for each of 102 households, the operator, two solvers
and the embedded ledger as processes of this machine, and lets them trade a day of energy. Cluster
time goes on as soon as everybody has done the work of an instant, so that the day takes minutes.

${DAY_HELP}
  --speed N             at most N cluster seconds per real second; default: as fast as the work allows
  --verbose             also shows the log of all processes

Exit status: 0 the day was traded, 1 something failed, 2 wrong usage, 130 interrupted.`,
  async run(words, terminal) {
    const { values } = readWords(words, {
      ...DAY_WORDS,
      speed: { type: "string" },
      verbose: { type: "boolean" },
    });
    const levelMin = values["verbose"] === true ? "info" : "error";
    return runDay(values, terminal, "processes", async (day, events) => {
      const dataFolder = await mkdtemp(join(tmpdir(), "hedgerow-"));
      try {
        const base = { ...LOOPBACK, dataFolder, assetsFolder: ASSETS, levelMin } as const;
        return { recorder: await runProcesses(day, base, events, terminal.signal) };
      } finally {
        await rm(dataFolder, { recursive: true, force: true });
      }
    });
  },
};

/** `hedgerow sim`: the same day in the simulator. */
export const simCommand: Command = {
  summary: "the same day in one process on virtual time; a function of its seed",
  help: `hedgerow sim [options]

Runs the same actors with the same deployment in the simulator: virtual time, virtual network, one
process. The same options give the same trades and, to the last bit, the same transcript.

${DAY_HELP}
  --speed N             at most N simulated seconds per real second; default: as fast as it can

Exit status: 0 the day was traded, 1 something failed, 2 wrong usage, 130 interrupted.`,
  async run(words, terminal) {
    const { values } = readWords(words, { ...DAY_WORDS, speed: { type: "string" } });
    return runDay(values, terminal, "simulation", (day, events) =>
      runSimulated(day, new FileAssets(ASSETS), events, terminal.signal),
    );
  },
};

async function runDay(
  values: Values,
  terminal: Terminal,
  mode: "processes" | "simulation",
  run: (day: DayOptions, events: RunEvents) => Promise<Ran>,
): Promise<number> {
  const day = readDayOptions(values);
  const folder = resolve(textOf(values, "out") ?? "out");
  await mkdir(folder, { recursive: true });
  const display = displayOf(day, terminal);
  const startMs = performance.now();
  const { recorder, transcriptHash } = await run(day, display);
  display.end();
  const wallMs = Math.round(performance.now() - startMs);
  const record = recordOf(recorder, day, mode, wallMs);
  const files = await writeReport(folder, record);
  const hash = transcriptHash === undefined ? "" : `\ntranscript ${transcriptHash}`;
  if (values["json"] === true) terminal.out.write(`${recordToJson(record, 1)}\n`);
  else terminal.out.write(`\n${summaryText(record)}${hash}\n`);
  terminal.err.write(`\nwritten to ${folder}: ${files.join(", ")}\n`);
  if (values["json"] === true && hash !== "") terminal.err.write(`${hash.trim()}\n`);
  return terminal.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

function recordOf(
  recorder: DayRecorder,
  day: DayOptions,
  mode: "processes" | "simulation",
  wallMs: number,
): DayRecord {
  const { startUtcUs, endUtcUs } = spanOf(day);
  const terms = {
    options: JSON.parse(JSON.stringify(day)) as Json,
    startS: DAY_START_S,
    intervalS: INTERVAL_S,
    firstInterval: day.firstInterval,
    intervalCount: day.lastInterval + 1,
    tariff: DEFAULT_TARIFF,
    ledger: { fork: "prague", compiler: compilerText() },
  };
  const span = { logicalStartS: startUtcUs / 1e6, logicalEndS: endUtcUs / 1e6 };
  return recorder.record(terms, { mode, seed: day.seed, wallMs, ...span });
}

function compilerText(): string {
  const { version, settings } = marketCompiler;
  const { evmVersion, optimizer } = settings;
  return `solc ${version}, ${evmVersion}, optimizer runs ${optimizer.runs}, via IR`;
}

async function writeReport(folder: string, record: DayRecord): Promise<readonly string[]> {
  const files = {
    "report.html": reportHtml(record),
    "record.json": recordToJson(record, 1),
    ...reportCsv(record),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return Object.keys(files);
}

function displayOf(day: DayOptions, { err, isTty }: Terminal): RunEvents & { end(): void } {
  const display = new ProgressDisplay({
    write: (text) => err.write(text),
    isTerminal: isTty,
    intervalS: INTERVAL_S,
    intervalCount: day.lastInterval + 1,
  });
  let last: DayProgress | undefined;
  let actorCount = 0;
  const show = (): void => {
    if (last !== undefined) display.show(last, actorCount);
  };
  return {
    stage: (text) => err.write(`${text} …\n`),
    actorsActive(count) {
      actorCount = count;
      show();
    },
    progressed(progress) {
      last = progress;
      show();
    },
    advanced: () => undefined,
    end: () => display.end(),
  };
}
