// A world for the ledger's tests: a disk in memory whose owner can be killed, seeded chance, real timers.
import type { Activity } from "../core/activity.ts";
import type { Clock } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import type { Rpc } from "../core/rpc.ts";
import type { Database, Entry, Store, Writer } from "../core/store.ts";
import type { World } from "../core/world.ts";

type Tables = Map<string, Map<string, Uint8Array>>;

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString("hex");
}

/** What survives `kill`. */
export class FakeDisk implements Store {
  #tables: Tables = new Map();
  #life = 0;
  transactCount = 0;
  /** Called before each transaction; may kill the owner, or throw as a full disk does. */
  beforeTransact: (count: number) => void = () => undefined;

  /** As kill -9: whoever has the database open gets nothing done any more. */
  kill(): void {
    this.#life += 1;
  }

  open(): Promise<Database> {
    this.#life += 1;
    const life = this.#life;
    const alive = (): void => {
      if (this.#life !== life) throw new Error("killed");
    };
    const get = (table: string, key: Uint8Array) => {
      alive();
      return this.#tables.get(table)?.get(nameOf(key));
    };
    return Promise.resolve({
      get,
      scan: (table) => {
        alive();
        return [...(this.#tables.get(table) ?? [])]
          .sort(([one], [other]) => (one < other ? -1 : 1))
          .map(([key, value]): Entry => [Buffer.from(key, "hex"), value]);
      },
      transact: (work) => {
        alive();
        this.transactCount += 1;
        this.beforeTransact(this.transactCount);
        alive();
        const copy: Tables = new Map(
          [...this.#tables].map(([name, rows]) => [name, new Map(rows)]),
        );
        const rowsOf = (table: string) => {
          const rows = copy.get(table) ?? new Map<string, Uint8Array>();
          copy.set(table, rows);
          return rows;
        };
        const writer: Writer = {
          get: (table, key) => copy.get(table)?.get(nameOf(key)),
          put: (table, key, value) => void rowsOf(table).set(nameOf(key), value),
          delete: (table, key) => void rowsOf(table).delete(nameOf(key)),
        };
        const result = work(writer);
        this.#tables = copy;
        return result;
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  }
}

/** Mulberry32: 32 bits of state are enough for a test. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, bytes: (count) => Uint8Array.from({ length: count }, () => next() * 256) };
}

const clock: Clock = {
  monotonicMs: () => performance.now(),
  utcUs: () => Date.now() * 1000,
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, durationMs);
      signal.addEventListener("abort", finish);
      if (signal.aborted) finish();
    }),
  sleepUntilUtc: () => Promise.reject(new Error("not used")),
  reading: () => {
    throw new Error("not used");
  },
};

/** Counts what is going on. */
export class FakeActivity implements Activity {
  open = 0;
  readonly positions: number[] = [];
  begin(): void {
    this.open += 1;
  }
  end(): void {
    this.open -= 1;
    if (this.open < 0) throw new Error("ended more than begun");
  }
  sent(): void {
    throw new Error("not used");
  }
  received(): void {
    throw new Error("not used");
  }
  reached(_stream: string, position: number): void {
    this.positions.push(position);
  }
}

export interface FakeWorld extends World {
  readonly activity: FakeActivity;
  readonly lines: string[];
}

export function fakeWorld(parts: { rpc: Rpc; store: Store; seed?: number }): FakeWorld {
  const lines: string[] = [];
  return {
    clock,
    random: seeded(parts.seed ?? 1),
    rpc: parts.rpc,
    store: parts.store,
    activity: new FakeActivity(),
    log: {
      write: (level: string, event: string, facts: unknown) =>
        void lines.push(`${level} ${event} ${JSON.stringify(facts)}`),
    },
    lines,
  } as unknown as FakeWorld;
}
