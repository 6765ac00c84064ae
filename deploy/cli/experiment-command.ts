import { writeFile } from "node:fs/promises";
import { machineFacts } from "../bench/figures.ts";
import { type DiscoveryRun, runDiscovery, type StartOrder } from "../experiment/discovery.ts";
import { discoveryText, summarize } from "../experiment/discovery-report.ts";
import { discoverySvg } from "../experiment/plot.ts";
import { measureRegistry, type RegistryRun } from "../experiment/registry.ts";
import { registryText } from "../experiment/registry-report.ts";
import { type RejoinRun, runRejoin } from "../experiment/rejoin.ts";
import { rejoinText, summarizeRejoin } from "../experiment/rejoin-report.ts";
import { YARDSTICKS } from "../experiment/yardstick.ts";
import { HOSTS_MAX } from "../testbed/plan.ts";
import { testbedObstacle } from "../testbed/tools.ts";
import { type Command, EXIT, type Terminal, UsageError } from "./command.ts";
import { readWords, textOf, type Values, wholeOption } from "./words.ts";

type Experiment = (
  values: Values,
  terminal: Terminal,
) => Promise<{
  readonly result: unknown;
  readonly text: string;
  readonly isGood: boolean;
}>;

const EXPERIMENTS: Readonly<Record<string, Experiment>> = { discovery, rejoin, registry };

/** `hedgerow experiment`: measures discovery on many hosts of this machine. */
export const experimentCommand: Command = {
  summary: "measure discovery and registry on many hosts of this machine, beside published figures",
  help: `hedgerow experiment NAME [options]

Each host is a network namespace with an agent and actors of its own, as processes; see hedgerow testbed.
Needs root. Times are of the monotonic clock, which all hosts of a machine share.

  discovery             one publisher, all others subscribers: when is each subscriber notified of it,
                        and when connected? As in figure 5.5 of the dissertation of RIAPS's discovery.
  rejoin                two boards that publish to each other; one loses its power and comes back (figure 5.6)

  registry              our registry and Debian's OpenDHT in turn: from a put until a listener on another host
                        hears it, lookups, and which values are left when hosts lose their power

  --hosts N,N,...       how many hosts; default 5,9,17,32, for the registry 17
  --order ORDER         discovery: publisher-last (the publisher's board starts when all others are ready,
                        as it was published; default), together (all start at once), or both
  --rounds N            discovery, rejoin: repetitions; default 1
  --keys N              registry: how many keys; default 50
  --killed PERCENT      registry: share of the hosts that lose their power at once; default 25
  --seed N              registry: of the choice of hosts; default 1
  --svg FILE            discovery: draws all points, the published ones beside them
  --json                the result as JSON, with every single time

Exit status: 0 done; 1 a subscriber was never connected, no registry could be had, or no root; 2 wrong usage.`,
  async run(words, terminal) {
    const string = { type: "string" } as const;
    const { values, positionals } = readWords(words, {
      ...{ hosts: string, order: string, rounds: string, svg: string, json: { type: "boolean" } },
      ...{ keys: string, killed: string, seed: string },
    });
    const [name = "", ...rest] = positionals;
    const experiment = Object.hasOwn(EXPERIMENTS, name) ? EXPERIMENTS[name] : undefined;
    if (experiment === undefined || rest.length > 0)
      throw new UsageError(`experiment takes one of ${Object.keys(EXPERIMENTS).join(", ")}`);
    const obstacle = testbedObstacle();
    if (obstacle !== undefined) {
      terminal.err.write(`hedgerow: an experiment ${obstacle}\n`);
      return EXIT.failed;
    }
    const { result, text, isGood } = await experiment(values, terminal);
    const machine = machineFacts();
    if (values["json"] === true)
      terminal.out.write(`${JSON.stringify({ machine, ...Object(result) }, undefined, 1)}\n`);
    else {
      const facts = Object.entries(machine).map(([fact, value]) => `${fact} ${value}`);
      terminal.out.write(`${facts.join(", ")}\n\n${text}`);
    }
    return isGood ? EXIT.ok : EXIT.failed;
  },
};

async function discovery(values: Values, terminal: Terminal): ReturnType<Experiment> {
  const sizes = sizesOf(values, "5,9,17,32", 2);
  const orders = ordersOf(textOf(values, "order") ?? "publisher-last");
  const runs: DiscoveryRun[] = [];
  for (const order of orders)
    for (const size of sizes)
      for (let round = roundsOf(values); round > 0; round -= 1) {
        if (terminal.signal.aborted) break;
        runs.push(await runDiscovery(size, order, teller(terminal)));
      }
  const summaries = summarize(runs);
  const svg = textOf(values, "svg");
  const title = `When a subscriber hears of a new publisher, ${orders.join(" and ")}`;
  if (svg !== undefined) await writeFile(svg, discoverySvg(runs, title));
  return {
    result: { summaries, runs },
    text: discoveryText(summaries),
    isGood: runs.every(({ lost }) => lost.length === 0),
  };
}

async function rejoin(values: Values, terminal: Terminal): ReturnType<Experiment> {
  const runs: RejoinRun[] = [];
  for (let round = roundsOf(values); round > 0 && !terminal.signal.aborted; round -= 1)
    runs.push(await runRejoin(teller(terminal)));
  const summary = summarizeRejoin(runs);
  return { result: { summary, runs }, text: rejoinText(summary), isGood: true };
}

async function registry(values: Values, terminal: Terminal): ReturnType<Experiment> {
  const sizes = sizesOf(values, "17", 3);
  const fallback = { keys: 50, killed: 25, seed: 1 };
  const keyCount = wholeOption(values, "keys", { min: 1, max: 10_000, fallback: fallback.keys });
  const killed = wholeOption(values, "killed", { min: 0, max: 90, fallback: fallback.killed });
  const seed = wholeOption(values, "seed", { min: 0, max: 2 ** 32 - 1, fallback: fallback.seed });
  const runs: RegistryRun[] = [];
  for (const hostCount of sizes)
    for (const yardstick of YARDSTICKS) {
      const obstacle = yardstick.obstacle();
      if (obstacle !== undefined)
        terminal.err.write(`hedgerow: ${yardstick.name} is left out: ${obstacle}\n`);
      if (obstacle !== undefined || terminal.signal.aborted) continue;
      const options = { hostCount, keyCount, killedShare: killed / 100, seed };
      runs.push(await measureRegistry(yardstick, options, teller(terminal)));
    }
  return { result: { runs }, text: registryText(runs), isGood: runs.length > 0 };
}

function sizesOf(values: Values, fallback: string, min: number): readonly number[] {
  const sizes = (textOf(values, "hosts") ?? fallback).split(",").map(Number);
  if (!sizes.every((size) => Number.isInteger(size) && size >= min && size <= HOSTS_MAX))
    throw new UsageError(`--hosts takes numbers from ${min} to ${HOSTS_MAX}, such as 5,9`);
  return sizes;
}

function roundsOf(values: Values): number {
  return wholeOption(values, "rounds", { min: 1, max: 1_000, fallback: 1 });
}

function ordersOf(word: string): readonly StartOrder[] {
  if (word === "both") return ["publisher-last", "together"];
  if (word === "publisher-last" || word === "together") return [word];
  throw new UsageError(`--order takes publisher-last, together or both, not ${word}`);
}

function teller({ err, isTty }: Terminal): (text: string) => void {
  // Redrawn in one line where that can be.
  return (text) => void err.write(isTty ? `\r\u001b[K${text}` : `${text}\n`);
}
