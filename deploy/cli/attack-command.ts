import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import {
  type FaultLine,
  FaultScriptError,
  faultSyntax,
  parseFaults,
  printFaults,
} from "../../agent/sim/fault-script.ts";
import { walkText } from "../../agent/sim/fault-walk.ts";
import { type Exploration, explore } from "../attack/explore.ts";
import { faultsOf, runScenario } from "../attack/run-scenario.ts";
import type { Outcome, OwnAttack, Scenario } from "../attack/scenario.ts";
import { SCENARIOS } from "../attack/scenarios.ts";
import { type Command, EXIT, type Terminal, UsageError } from "./command.ts";
import { readWords, textOf, type Values, wholeOption } from "./words.ts";

const SEED_MAX = 1_000_000_000;
const SEEDS = "1-20";

const listed = Object.entries(SCENARIOS).map(
  ([name, { summary }]) => `  ${name.padEnd(12)}${summary}`,
);

/** `hedgerow attack`: scenarios in the simulator under faults. */
export const attackCommand: Command = {
  summary: "let faults loose on what runs in the simulator, and shrink what they find",
  help: `hedgerow attack [SCENARIO] [options]

Runs a scenario in the simulator with the faults that each seed draws: cuts, losses, kills, pauses,
jumps of clocks and more, while what must always hold is looked at after every event. Then everything
is mended, and what must come true has its time. The first seed that fails is told with its faults as
a script, the smallest that still fails, and with the command that replays it. Without SCENARIO: the list.

${listed.join("\n")}

  --seeds A-B        or one seed; default ${SEEDS}
  --script FILE      these faults instead of those that the seeds draw; see below
  --print            print the faults that the first seed draws, with every option, and run nothing
  --until EVENT      stop at the event of this number, as a failure tells it; one seed
  --log              show what programs log and which faults begin; one seed
  --no-shrink        leave the failing script as it was drawn
  --out FOLDER       where the script of a failure goes; default out
  --json             the result as JSON

A script has a line for each fault, \`at TIME FAULT [for TIME]\` or \`from TIME to TIME FAULT\`; times
such as 12.5s (us ms s min h), hosts such as a,b or all, # for notes. The faults:

${faultSyntax()
  .map((line) => `  ${line}`)
  .join("\n")}

Exit status: 0 nothing was found, 1 a run failed, 2 wrong usage, 130 interrupted.`,
  async run(words, terminal) {
    const string = { type: "string" } as const;
    const boolean = { type: "boolean" } as const;
    const { values, positionals } = readWords(words, {
      ...{ seeds: string, script: string, until: string, out: string },
      ...{ print: boolean, log: boolean, "no-shrink": boolean, json: boolean },
    });
    const [name, ...rest] = positionals;
    if (name === undefined) {
      const names = Object.entries(SCENARIOS).map(([each, { summary }]) => ({
        name: each,
        summary,
      }));
      terminal.out.write(
        values["json"] === true ? `${JSON.stringify(names)}\n` : `${listed.join("\n")}\n`,
      );
      return EXIT.ok;
    }
    const scenario = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
    if (scenario === undefined || rest.length > 0)
      throw new UsageError(
        `there is no scenario ${positionals.join(" ")}; there are ${Object.keys(SCENARIOS).join(", ")}`,
      );
    const seeds = readSeeds(textOf(values, "seeds") ?? SEEDS);
    if (scenario.kind === "own") return runOwn(name, scenario, seeds, { values, terminal });
    return attackWith(name, scenario, seeds, { values, terminal });
  },
};

interface Asked {
  readonly values: Values;
  readonly terminal: Terminal;
}

async function attackWith(
  name: string,
  scenario: Scenario,
  seeds: readonly number[],
  { values, terminal }: Asked,
): Promise<number> {
  const path = textOf(values, "script");
  const lines = path === undefined ? undefined : await readScript(path);
  const [seed = 1] = seeds;
  if (values["print"] === true) {
    const drawn = lines ?? faultsOf(scenario, seed);
    terminal.out.write(`# seed ${seed}\n${walkText(scenario.walk)}${printFaults(drawn)}`);
    return EXIT.ok;
  }
  const untilEvent = wholeOption(values, "until", {
    ...{ min: 1, max: Number.MAX_SAFE_INTEGER, fallback: undefined },
  });
  if (untilEvent !== undefined || values["log"] === true) {
    if (seeds.length > 1) throw new UsageError("--until and --log go with one seed: --seeds 7");
    const outcome = await runScenario(scenario, {
      ...{ seed, ...(lines === undefined ? {} : { lines }) },
      ...(untilEvent === undefined ? {} : { untilEvent }),
      onRecord: (line) => terminal.err.write(`${line}\n`),
    });
    terminal.out.write(values["json"] === true ? outcomeJson(outcome) : outcomeText(name, outcome));
    return outcome.failure === undefined ? EXIT.ok : EXIT.failed;
  }
  const startMs = performance.now();
  const exploration = await explore(scenario, {
    ...{ seeds, signal: terminal.signal, shrinks: values["no-shrink"] !== true },
    ...(lines === undefined ? {} : { lines }),
    progressed: (count) => {
      if (terminal.isTty) terminal.err.write(`\r${name}: ${count} of ${seeds.length} runs`);
    },
  });
  if (terminal.isTty) terminal.err.write("\n");
  const wallMs = performance.now() - startMs;
  await report(name, exploration, { wallMs, values, terminal });
  if (terminal.signal.aborted) return EXIT.interrupted;
  return exploration.found === undefined ? EXIT.ok : EXIT.failed;
}

async function report(
  name: string,
  { runCount, eventCount, simulatedMs, found, shrunk }: Exploration,
  { wallMs, values, terminal }: Asked & { readonly wallMs: number },
): Promise<void> {
  const failed = shrunk ?? found;
  const script = failed === undefined ? undefined : await keep(name, failed, values);
  if (values["json"] === true) {
    const outcomes = { found: plain(found), shrunk: plain(shrunk) };
    const result = {
      scenario: name,
      runCount,
      eventCount,
      simulatedMs,
      wallMs,
      ...outcomes,
      script,
    };
    terminal.out.write(`${JSON.stringify(result)}\n`);
    return;
  }
  if (failed !== undefined && script !== undefined) {
    const replay = `hedgerow attack ${name} --seeds ${failed.seed} --script ${script}`;
    terminal.out.write(
      `${outcomeText(name, failed)}\nThe faults that do it, of ${found?.lines.length} drawn:\n\n` +
        `${printFaults(failed.lines)}\nReplay: ${replay} --log --until ${failed.eventCount}\n`,
    );
  } else terminal.out.write(`${name}: ${runCount} runs, nothing found\n`);
  const [perS, times] = [(eventCount / wallMs) * 1000, simulatedMs / wallMs];
  terminal.err.write(
    `${runCount} runs, ${eventCount} events, ${perS.toFixed(0)} events/s, ${times.toFixed(0)} times real time\n`,
  );
}

function outcomeText(name: string, { seed, failure, eventCount, transcriptHash }: Outcome): string {
  const end =
    failure === undefined
      ? `all is well after ${eventCount} events`
      : `${failure.phase} is broken at event ${eventCount}\n  ${failure.reason}`;
  return `${name}, seed ${seed}: ${end}\n  transcript ${transcriptHash}\n`;
}

function outcomeJson(outcome: Outcome): string {
  return `${JSON.stringify(plain(outcome))}\n`;
}

/** With its faults as text. */
function plain(outcome: Outcome | undefined): unknown {
  return outcome === undefined ? undefined : { ...outcome, lines: printFaults(outcome.lines) };
}

/** Writes the script of a failure; returns its path. */
async function keep(
  name: string,
  { seed, lines, failure }: Outcome,
  values: Values,
): Promise<string> {
  const folder = resolve(textOf(values, "out") ?? "out");
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}-${seed}.faults`);
  const reason = failure?.reason.split("\n")[0] ?? "";
  await writeFile(path, `# ${name}, seed ${seed}: ${reason}\n${printFaults(lines)}`);
  return relative(process.cwd(), path);
}

async function readScript(path: string): Promise<readonly FaultLine[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `--script ${path}: ${error instanceof Error ? error.message : "unreadable"}`,
    );
  }
  try {
    return parseFaults(text);
  } catch (error) {
    if (!(error instanceof FaultScriptError)) throw error;
    throw new UsageError(`${path}: ${error.message}`);
  }
}

function readSeeds(text: string): readonly number[] {
  const [, first = "", last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === "" || to < from || to > SEED_MAX || to - from >= SEED_MAX / 1000)
    throw new UsageError(`--seeds takes a seed or a span such as ${SEEDS}, not ${text}`);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function runOwn(
  name: string,
  { run }: OwnAttack,
  seeds: readonly number[],
  { values, terminal }: Asked,
): number {
  for (const option of ["script", "print", "until", "log"])
    if (values[option] !== undefined)
      throw new UsageError(`${name} has a harness of its own, without --${option}`);
  for (const seed of seeds) {
    const broken = run(seed);
    if (broken === undefined) continue;
    terminal.out.write(
      values["json"] === true
        ? `${JSON.stringify({ scenario: name, seed, broken })}\n`
        : `${name}, seed ${seed}: ${broken}\nReplay: hedgerow attack ${name} --seeds ${seed}\n`,
    );
    return EXIT.failed;
  }
  terminal.out.write(
    values["json"] === true
      ? `${JSON.stringify({ scenario: name, runCount: seeds.length })}\n`
      : `${name}: ${seeds.length} runs, nothing found\n`,
  );
  return EXIT.ok;
}
