import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { BEACON_UDP_PORT } from "../../agent/discovery/discovery.ts";
import { FileAssets } from "../../agent/io/file-assets.ts";
import { hasApplication } from "../../agent/main.ts";
import type { DeploymentModel } from "../../agent/model/deployment-model.ts";
import { namedBoards, placesEverywhere } from "../../agent/model/placement-rule.ts";
import { hasErrors } from "../../agent/model/problem.ts";
import type { NodeOptions } from "../../agent/node/node-options.ts";
import { keepAgents } from "../process/keep-agents.ts";
import { processWorld } from "../process/process-world.ts";
import { RunTally, tallyText } from "../process/run-tally.ts";
import { simulateAgents } from "../process/simulate-agents.ts";
import { type Command, EXIT, type Terminal, UsageError } from "./command.ts";
import { logText, recordText } from "./log-text.ts";
import { codeUrlOf, readModel } from "./read-model.ts";
import { readWords, textOf, type Values, wholeOption } from "./words.ts";

const SECONDS_MAX = 31_536_000;
const SIMULATED_S = 60;
/** The board of a deployment that names none. */
const HERE = "here";
const CHAIN_ID = 102_011;
/** All processes on this machine, and their beacons. */
const LOOPBACK = { host: "127.0.0.1", broadcastHost: "127.255.255.255" } as const;

/** `hedgerow run`: an application on this machine. */
export const runCommand: Command = {
  summary: "run an application on this machine: an agent a board, an actor a process",
  help: `hedgerow run MODEL DEPLOYMENT [options]

Starts an agent for every board of the deployment, each with its actors as processes of their own, and
shows what they log until Ctrl-C; then tells how often what was started again.

  --code FILE           compiled module that exports \`application\`; default application.js beside the
                        model, else an application of this build
  --boards A,B          only these boards; a deployment that names none has one, "${HERE}"
  --seconds N           stop after N seconds; default: at Ctrl-C, or ${SIMULATED_S} when simulated
  --sim                 in the simulator: virtual time, virtual network, one process
  --seed N              of the simulation; default 1. The same seed gives the same transcript
  --ledger URL          JSON-RPC of a ledger, such as ws://127.0.0.1:8545; not when simulated
  --chain-id N          default ${CHAIN_ID}
  --data FOLDER         where boards keep their data; default: a folder that is removed at the end
  --json                the summary as JSON, the log as lines of JSON

Exit status: 0 it ran, 1 an agent failed, an actor was given up or the model has errors, 2 wrong usage.`,
  async run(words, terminal) {
    const string = { type: "string" } as const;
    const boolean = { type: "boolean" } as const;
    const { values, positionals } = readWords(words, {
      ...{ code: string, boards: string, seconds: string, sim: boolean, seed: string },
      ...{ ledger: string, "chain-id": string, data: string, json: boolean },
    });
    const [modelPath, deploymentPath, ...rest] = positionals;
    if (modelPath === undefined || deploymentPath === undefined || rest.length > 0)
      throw new UsageError("run takes a .riaps file and a .depl file");
    const { texts, app, deployment, problems, problemTexts } = await readModel(
      modelPath,
      deploymentPath,
    );
    for (const text of problemTexts) terminal.err.write(`${text}\n`);
    if (app === undefined || deployment === undefined || hasErrors(problems)) return EXIT.failed;
    const codeUrl = codeUrlOf(modelPath, textOf(values, "code"));
    if (codeUrl === undefined && !hasApplication(app.name))
      throw new UsageError(
        `there is no code for application ${app.name}: give --code FILE, or put application.js beside the model`,
      );
    const shared: Omit<NodeOptions, "board"> = {
      cluster: `run-${randomBytes(6).toString("hex")}`,
      beaconUdpPort: BEACON_UDP_PORT,
      application: texts,
      lasting: values["sim"] !== true,
      ...(codeUrl === undefined ? {} : { codeUrl }),
      ...ledgerOf(values),
    };
    const boards = boardsOf(deployment, textOf(values, "boards"));
    const assetsFolder = resolve(dirname(modelPath));
    return runAll({ boards, shared, assetsFolder, values }, terminal);
  },
};

interface Run {
  readonly boards: readonly string[];
  readonly shared: Omit<NodeOptions, "board">;
  readonly assetsFolder: string;
  readonly values: Values;
}

async function runAll(run: Run, terminal: Terminal): Promise<number> {
  const { values } = run;
  const tally = new RunTally();
  const isSimulated = values["sim"] === true;
  const startMs = performance.now();
  const simulated = isSimulated ? await simulate(run, tally, terminal) : {};
  if (!isSimulated) await runHere(run, tally, terminal);
  const { boards } = run;
  const wallMs = Math.round(performance.now() - startMs);
  if (values["json"] === true) {
    const { actors, agentRestartCount } = tally;
    const summary = { boards, wallMs, ...simulated, agentRestartCount, actors };
    terminal.out.write(`${JSON.stringify(summary, undefined, 1)}\n`);
  } else {
    const facts = Object.entries(simulated).map(([name, fact]) => `${name} ${String(fact)}\n`);
    terminal.out.write(`\n${tallyText(tally)}\n${facts.join("")}`);
  }
  return tally.actors.some(({ isGivenUp }) => isGivenUp) ? EXIT.failed : EXIT.ok;
}

async function simulate(
  { boards, shared, assetsFolder, values }: Run,
  tally: RunTally,
  { err, signal }: Terminal,
): Promise<{ readonly seed: number; readonly transcriptHash: string }> {
  if (shared.ledger !== undefined) throw new UsageError("--ledger does not go with --sim");
  const seed = wholeOption(values, "seed", { min: 0, max: 2 ** 48, fallback: 1 });
  const durationS = secondsOf(values) ?? SIMULATED_S;
  const options = {
    ...{ seed, durationS, tally, assets: new FileAssets(assetsFolder) },
    logged: (line: string) =>
      void err.write(`${values["json"] === true ? line : recordText(line)}\n`),
  };
  // A cluster of its own anyhow; its name is part of the transcript.
  const nodes = boards.map((board) => ({ ...shared, board, cluster: "run" }));
  return { seed, transcriptHash: await simulateAgents(nodes, options, signal) };
}

async function runHere(
  { boards, shared, assetsFolder, values }: Run,
  tally: RunTally,
  { err, signal }: Terminal,
): Promise<void> {
  const data = textOf(values, "data");
  const dataFolder =
    data === undefined ? await mkdtemp(join(tmpdir(), "hedgerow-run-")) : resolve(data);
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const seconds = secondsOf(values);
  const timer = seconds === undefined ? undefined : setTimeout(end, seconds * 1000);
  const toText = values["json"] === true ? (line: string): string => line : logText;
  const base = {
    ...LOOPBACK,
    ...{ dataFolder, assetsFolder, logicalUtcUs: undefined },
    levelMin: "info",
  } as const;
  const { world } = processWorld("run", base, (line) => void err.write(`${toText(line)}\n`));
  const nodes = boards.map((board) => ({ ...shared, board }));
  try {
    await keepAgents({ world, dataFolder, tally }, nodes, over.signal);
  } finally {
    clearTimeout(timer);
    if (data === undefined) await rm(dataFolder, { recursive: true, force: true });
  }
}

function secondsOf(values: Values): number | undefined {
  return wholeOption(values, "seconds", { min: 1, max: SECONDS_MAX, fallback: undefined });
}

function ledgerOf(values: Values): Pick<NodeOptions, "ledger"> {
  const url = textOf(values, "ledger");
  const chainId = wholeOption(values, "chain-id", { min: 1, max: 2 ** 48, fallback: CHAIN_ID });
  return url === undefined ? {} : { ledger: { url, chainId } };
}

/** The boards that a person named, else those of the deployment. @throws UsageError for one that has no actors. */
function boardsOf(deployment: DeploymentModel, wanted: string | undefined): readonly string[] {
  const named = namedBoards(deployment);
  if (wanted === undefined) return named.length > 0 ? named : [HERE];
  const boards = [...new Set(wanted.split(",").filter((board) => board !== ""))];
  const unknown = boards.find((board) => !named.includes(board));
  if (unknown !== undefined && !placesEverywhere(deployment))
    throw new UsageError(`the deployment has no board ${unknown}; it has ${named.join(", ")}`);
  if (boards.length === 0) throw new UsageError("--boards takes names, such as a,b");
  return boards;
}
