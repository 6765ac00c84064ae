import { writeFile } from "node:fs/promises";
import { machineFacts } from "../bench/figures.ts";
import { type DiscoveryRun, runDiscovery, type StartOrder } from "../experiment/discovery.ts";
import { discoveryText, summarize } from "../experiment/discovery-report.ts";
import { discoverySvg } from "../experiment/plot.ts";
import { type RejoinRun, runRejoin } from "../experiment/rejoin.ts";
import { rejoinText, summarizeRejoin } from "../experiment/rejoin-report.ts";
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

const EXPERIMENTS: Readonly<Record<string, Experiment>> = { discovery, rejoin };

/** `hedgerow experiment`: measures discovery on many hosts of this machine. */
export const experimentCommand: Command = {
  summary: "measure discovery and registry on many hosts of this machine, beside published figures",
  help: `hedgerow experiment NAME [options]

Each host is a network namespace with an agent and actors of its own, as processes; see hedgerow testbed.
Needs root. Times are of the monotonic clock, which all hosts of a machine share.

  discovery             one publisher, all others subscribers: when is each subscriber notified of it,
                        and when connected? As in figure 5.5 of the dissertation of RIAPS's discovery.
  rejoin                two boards that publish to each other; one loses its power and comes back (figure 5.6)

  --hosts N,N,...       discovery: how many hosts; default 5,9,17,32
  --order ORDER         discovery: publisher-last (the publisher's board starts when all others are ready,
                        as it was published; default), together (all start at once), or both
  --rounds N            repetitions; default 1
  --svg FILE            discovery: draws all points, the published ones beside them
  --json                the result as JSON, with every single time

Exit status: 0 done; 1 a subscriber was never connected, or no root; 2 wrong usage.`,
  async run(words, terminal) {
    const string = { type: "string" } as const;
    const { values, positionals } = readWords(words, {
      ...{ hosts: string, order: string, rounds: string, svg: string, json: { type: "boolean" } },
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
  const sizes = (textOf(values, "hosts") ?? "5,9,17,32").split(",").map(Number);
  if (!sizes.every((size) => Number.isInteger(size) && size >= 2 && size <= HOSTS_MAX))
    throw new UsageError(`--hosts takes numbers from 2 to ${HOSTS_MAX}, such as 5,9`);
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
