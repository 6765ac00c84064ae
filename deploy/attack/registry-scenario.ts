import assert from "node:assert/strict";
import type { Program } from "../../agent/core/program.ts";
import { openSwitchboard } from "../../agent/core/switchboard.ts";
import type { World } from "../../agent/core/world.ts";
import { Discovery } from "../../agent/discovery/discovery.ts";
import { WALK_DEFAULTS } from "../../agent/sim/fault-walk.ts";
import { Simulation } from "../../agent/sim/simulation.ts";
import { keepRunning } from "./keep-running.ts";
import type { Scenario, ScenarioRun } from "./scenario.ts";

const PROGRAM = "board";
/** More boards than keep one topic, so that it matters which. */
const BOARD_COUNT = 11;
const TOPIC_COUNT = 4;
/** A board changes something so often, in ms. */
const CHANGE_MS_MIN = 200;
const CHANGE_MS_MAX = 2_000;
/** The share of changes that follow another one within so long, in ms. */
const HASTY_SHARE = 0.5;
const HASTY_MS_MAX = 10;

/** What one life of a board says and is told. */
interface Life {
  readonly provided: Map<string, () => void>;
  /** By topic; absent: not asked for. */
  readonly told: Map<string, readonly string[]>;
}

/** All that the boards of one run say, in one place. */
interface Books {
  readonly lives: Map<string, Life>;
  readonly wrongs: string[];
  isQuiet: boolean;
  lastNumber: number;
}

/** Providers and requirers that come and go at random on boards that do so too. */
export function registryScenario(): Scenario {
  const hosts = Array.from({ length: BOARD_COUNT }, (_, index) => `board${index + 1}`);
  return {
    kind: "simulated",
    summary: `${BOARD_COUNT} boards whose providers change: all are told exactly what is provided`,
    walk: {
      ...WALK_DEFAULTS,
      durationMs: 15_000,
      hosts,
      programs: hosts.map((host) => `${host}/${PROGRAM}`),
      perMinute: {
        ...{
          cut: 6,
          clog: 3,
          partition: 3,
          unplug: 6,
          loss: 6,
          burst: 2,
          duplicate: 6,
          reorder: 8,
        },
        ...{ delay: 3, tail: 3, kill: 12, pause: 6, power: 6, suspend: 1, jump: 4 },
      },
    },
    liveWithinMs: 20_000,
    start: (seed, onRecord) => Promise.resolve(start(hosts, seed, onRecord)),
  };
}

function start(
  hosts: readonly string[],
  seed: number,
  onRecord: ((line: string) => void) | undefined,
): ScenarioRun {
  const books: Books = { lives: new Map(), wrongs: [], isQuiet: false, lastNumber: 0 };
  const board: Program = (world, options, _parent, signal) =>
    run(books, world, String(options), signal);
  const sim = new Simulation({
    ...{ seed, programs: { [PROGRAM]: board } },
    ...(onRecord === undefined ? {} : { onRecord }),
  });
  const starts = hosts.map((host) =>
    keepRunning(sim, host, { program: PROGRAM, name: PROGRAM, options: host }, (reason) =>
      books.wrongs.push(reason),
    ),
  );
  sim.invariant("boards fail at nothing, and are told only of changes of what they ask for", () =>
    assert.deepEqual(books.wrongs, []),
  );
  return {
    ...{ sim, hosts },
    repaired: () => {
      books.isQuiet = true;
      for (const each of starts) each();
    },
    missing: () => missing(books),
  };
}

/** One life of one board. */
async function run(
  books: Books,
  world: World,
  boardId: string,
  signal: AbortSignal,
): Promise<void> {
  const life: Life = { provided: new Map(), told: new Map() };
  books.lives.set(boardId, life);
  await using switchboard = await openSwitchboard(world.lan);
  const discovery = new Discovery(
    world,
    { boardId, cluster: "attack", beaconUdpPort: 7, switchboard },
    () => undefined,
  );
  const unrequire = new Map<string, () => void>();
  const change = (): void => {
    if (books.isQuiet) return;
    const topic = `topic${Math.floor(world.random.next() * TOPIC_COUNT)}`;
    const lot = world.random.next();
    const [first] = life.provided;
    const last = [...life.provided].at(-1);
    if (lot < 0.45) provide(books, life, discovery, { boardId, topic });
    else if (lot < 0.65) (world.random.next() < 0.5 ? first : last)?.[1]();
    else if (lot < 0.9) require(books, life, discovery, { boardId, topic, unrequire });
    else {
      unrequire.get(topic)?.();
      unrequire.delete(topic);
    }
  };
  for (let count = 0; count < 4; count += 1) change();
  const running = discovery.run(signal);
  while (!signal.aborted && !books.isQuiet) {
    // What follows at once may overtake what it follows.
    const isHasty = world.random.next() < HASTY_SHARE;
    const [minMs, maxMs] = isHasty ? [0, HASTY_MS_MAX] : [CHANGE_MS_MIN, CHANGE_MS_MAX];
    await world.clock.sleep(minMs + world.random.next() * (maxMs - minMs), signal);
    change();
  }
  await running;
}

function provide(
  books: Books,
  life: Life,
  { registry }: Discovery,
  { boardId, topic }: { readonly boardId: string; readonly topic: string },
): void {
  books.lastNumber += 1;
  const owner = `${boardId}#${books.lastNumber}`;
  registry.provide(owner, { key: topic, endpoint: `${topic}@${owner}` });
  life.provided.set(`${topic}@${owner}`, () => {
    life.provided.delete(`${topic}@${owner}`);
    registry.withdraw(owner);
  });
}

function require(
  books: Books,
  life: Life,
  { registry }: Discovery,
  at: {
    readonly boardId: string;
    readonly topic: string;
    readonly unrequire: Map<string, () => void>;
  },
): void {
  const { boardId, topic, unrequire } = at;
  if (unrequire.has(topic)) return;
  let isOver = false;
  const stop = registry.require(topic, (endpoints) => {
    if (isOver) books.wrongs.push(`${boardId} was told of ${topic}, which it asks for no more`);
    if (life.told.get(topic)?.join() === endpoints.join())
      books.wrongs.push(`${boardId} was told twice of ${topic}: ${endpoints.join()}`);
    life.told.set(topic, endpoints);
  });
  unrequire.set(topic, () => {
    stop();
    isOver = true;
    life.told.delete(topic);
  });
}

/** Which listeners were told last something else than what is provided. */
function missing({ lives }: Books): readonly string[] {
  const all = [...lives.values()].flatMap(({ provided }) => [...provided.keys()]);
  return [...lives].flatMap(([boardId, { told }]) =>
    [...told].flatMap(([topic, endpoints]) => {
      const right = all.filter((each) => each.startsWith(`${topic}@`)).sort();
      if (right.join() === endpoints.join()) return [];
      const lacks = right.filter((each) => !endpoints.includes(each));
      const extra = endpoints.filter((each) => !right.includes(each));
      return [`${boardId} of ${topic}: lacks ${lacks.join()}, has beyond ${extra.join()}`];
    }),
  );
}
