import { setTimeout as sleep } from "node:timers/promises";
import { HttpRpc } from "../../agent/io/http-rpc.ts";
import { AgentLink } from "../watch/agent-link.ts";
import { type ClusterLook, ClusterWatch } from "../watch/look.ts";
import { SORTS, type Sort, VIEWS, type View } from "../watch/top-rows.ts";
import { topScreen, topTable } from "../watch/top-screen.ts";
import { type Command, CommandError, EXIT, type Terminal, UsageError } from "./command.ts";
import { AGENT_HELP, AGENT_OPTIONS, findAgent } from "./find-agent.ts";
import { LiveScreen } from "./live-screen.ts";
import { readWords, textOf, type Values, wholeOption } from "./words.ts";

const MS_PER_S = 1000;
/** Between the two looks of --once. */
const ONCE_MS = 1_000;

/** `hedgerow top`: what passes through every port of the cluster, live. */
export const topCommand: Command = {
  summary: "live table of all boards, actors and ports: messages, queues, times, load",
  help: `hedgerow top [options]

Asks the agent of this machine, which asks those of the other boards, and shows what passed since the
look before. Actors are asked only while somebody watches.
MSG/S sent and handled; QUEUE waiting; P50, P99 how long handlers took; LATE deadlines missed; LOST dropped,
refused, malformed or missed; CPU% and MEM of the actor's process; BOUND how far the board's clock may be off.
Keys: q quit, b boards, a actors, p ports, s sort by the next column, up and down scroll.

  --view NAME           ${VIEWS.join(", ")}; default ports
  --sort NAME           ${SORTS.join(", ")}; default rate
  --interval S          seconds between two looks, 1 to 3600; default 1
  --once                one table of one second, and the end
  --count N             ends after N looks
  --json                a line of JSON a look: boards, their actors and ports, and who did not answer
${AGENT_HELP}`,
  async run(words, terminal) {
    const { values } = readWords(words, {
      ...AGENT_OPTIONS,
      ...{ view: { type: "string" }, sort: { type: "string" }, interval: { type: "string" } },
      ...{ once: { type: "boolean" }, count: { type: "string" }, json: { type: "boolean" } },
    });
    const view = oneOf(values, "view", VIEWS) ?? "ports";
    const sort = oneOf(values, "sort", SORTS) ?? "rate";
    const seconds = wholeOption(values, "interval", { min: 1, max: 3600, fallback: 1 });
    const isOnce = values["once"] === true;
    const countMax = isOnce
      ? 1
      : wholeOption(values, "count", { min: 1, max: 1_000_000_000, fallback: Infinity });
    const path = await findAgent(values);
    await using link = new AgentLink(new HttpRpc(), `unix:${path}`);
    const watch = new ClusterWatch(link);
    // The first look only says from where to count.
    if ((await watch.look()) === undefined)
      throw new CommandError(`the agent at ${path} does not answer; is it running?`);
    const stop = new AbortController();
    const end = (): void => stop.abort();
    terminal.signal.addEventListener("abort", end, { once: true });
    const looks = looksOf(watch, {
      intervalMs: isOnce ? ONCE_MS : seconds * MS_PER_S,
      countMax,
      signal: stop.signal,
    });
    if (values["json"] === true) await writeLines(looks, terminal);
    else if (isOnce || !process.stdout.isTTY) await writeTables(looks, { view, sort }, terminal);
    else await showLive(looks, { view, sort });
    end();
    return EXIT.ok;
  },
};

interface Pace {
  readonly intervalMs: number;
  readonly countMax: number;
  readonly signal: AbortSignal;
}

/** Looks until `countMax` of them, or the end; undefined while the agent is away. */
async function* looksOf(
  watch: ClusterWatch,
  { intervalMs, countMax, signal }: Pace,
): AsyncGenerator<ClusterLook | undefined> {
  for (let count = 0; count < countMax; count += 1) {
    await sleep(intervalMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    yield await watch.look();
  }
}

async function writeLines(
  looks: AsyncIterable<ClusterLook | undefined>,
  { out }: Terminal,
): Promise<void> {
  for await (const look of looks) {
    const { utcUs = null, boards = [], silent = [] } = look ?? {};
    // Counts by bucket are for adding up; p50 and p99 are told already.
    const told = JSON.stringify(
      { isAgentThere: look !== undefined, utcUs, boards, silent },
      (key, value: unknown) => (key === "times" ? undefined : value),
    );
    out.write(`${told}\n`);
  }
}

interface Shown {
  readonly view: View;
  readonly sort: Sort;
}

async function writeTables(
  looks: AsyncIterable<ClusterLook | undefined>,
  shown: Shown,
  { out, err }: Terminal,
): Promise<void> {
  for await (const look of looks) {
    if (look === undefined) err.write("the agent does not answer\n");
    else {
      for (const { board, message } of look.silent) err.write(`${board}: ${message}\n`);
      out.write(`${topTable({ ...look, ...shown, scroll: 0 }).join("\n")}\n`);
    }
  }
}

async function showLive(
  looks: AsyncIterable<ClusterLook | undefined>,
  shown: Shown,
): Promise<void> {
  let state = { ...shown, scroll: 0 };
  let last: ClusterLook | undefined;
  const draw = (): void => {
    if (last !== undefined) screen.draw(topScreen({ ...last, ...state }, screen.size));
  };
  const press = (key: string): void => {
    const sort = SORTS[(SORTS.indexOf(state.sort) + 1) % SORTS.length] ?? "rate";
    const view = VIEWS.find((name) => name.startsWith(key));
    if (view !== undefined) state = { ...state, view, scroll: 0 };
    else if (key === "s") state = { ...state, sort };
    else if (key === "up") state = { ...state, scroll: Math.max(0, state.scroll - 1) };
    else if (key === "down") state = { ...state, scroll: state.scroll + 1 };
    draw();
  };
  using screen = new LiveScreen(process.stdin, process.stdout, press);
  for await (const look of screen.untilQuit(looks)) {
    if (look === undefined) screen.draw(["the agent does not answer; trying again  (q quits)"]);
    else {
      last = look;
      draw();
    }
  }
}

function oneOf<N extends string>(values: Values, name: string, names: readonly N[]): N | undefined {
  const text = textOf(values, name);
  const found = names.find((each) => each === text);
  if (text !== undefined && found === undefined)
    throw new UsageError(`--${name} takes one of ${names.join(", ")}, not ${text}`);
  return found;
}
