// Goal: what a meter submits has no gap and no repetition, whenever it crashes and whatever is refused; its
// board hears every interval.
// Method: the component's handlers with a contract in memory whose transactions take their time; the meter is
// killed at random moments and started again.
// Seed: 1 to 60; fast-check's own for the packing.
import assert from "node:assert/strict";
import fc from "fast-check";
import { SeededRandom } from "../../../agent/sim/seeded-random.ts";
import { playedRegister } from "../../sim/played-register.ts";
import { meter } from "./meter.ts";
import { packReadings } from "./pack-readings.ts";

const START_S = 1_800_000_000;
const INTERVAL_S = 900;
const BATCH = 4;
const INTERVALS = 60;
const netWh = Array.from({ length: INTERVALS }, (_, interval) => (interval % 7) * 100 - 300);

type Outcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly errorName: string };

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The contract, and the board's outbox before it: one outcome a key, also for who asks again. */
class Ledger {
  readonly readings: number[] = [];
  /** Interval of the first reading, which the contract leaves to the meter. */
  first: number | undefined;
  readonly #outcomes = new Map<string, Promise<Outcome>>();
  #pending: (() => void)[] = [];
  /** Refuses so many of the next transactions for reasons of its own. */
  refusals = 0;
  submittedCount = 0;

  submit(first: number, packed: string, key: string): Promise<Outcome> {
    const known = this.#outcomes.get(key);
    if (known !== undefined) return known;
    this.submittedCount += 1;
    const outcome = new Promise<Outcome>((resolve) => {
      this.#pending.push(() => resolve(this.#run(first, packed)));
    });
    this.#outcomes.set(key, outcome);
    return outcome;
  }

  /** Makes a block of what was submitted. */
  mine(): void {
    for (const run of this.#pending.splice(0)) run();
  }

  #run(first: number, packed: string): Outcome {
    if (this.refusals > 0) {
      this.refusals -= 1;
      return { kind: "refused", errorName: "Poor" };
    }
    this.first ??= first;
    if (first !== this.first + this.readings.length)
      return { kind: "refused", errorName: "ReadingOutOfOrder" };
    for (const word of packed.slice(2).match(/.{8}/g) ?? [])
      this.readings.push(Number.parseInt(word, 16) | 0);
    return { kind: "accepted" };
  }
}

interface Heard {
  readonly endUtcUs: number;
  readonly netWh: number;
}

/** One life of a meter: its samples run one after the other, as in a mailbox. */
class Life {
  readonly #handlers: { on_sample(dueUtcUs: number): Promise<void> };
  #last = Promise.resolve();
  isDead = false;

  constructor(ledger: Ledger, heard: Heard[], sink: () => string, activeS = START_S) {
    const never = new Promise<never>(() => undefined);
    const alive = <T>(work: () => T): T | Promise<never> => (this.isDead ? never : work());
    const definition = meter(() =>
      Promise.resolve(
        playedRegister({ netWh, startUtcUs: START_S * 1e6, intervalMs: INTERVAL_S * 1000 }),
      ),
    );
    let isBound = false;
    const context = {
      port: {
        reading: (reading: Heard) => heard.push(reading),
        sink: () => {
          const state = sink();
          if (state === "silent") return Promise.resolve({ kind: "no-reply", reason: "timeout" });
          const reply = { state, contract: "0xc0", startS: START_S };
          return Promise.resolve({ kind: "reply", reply });
        },
      },
      contract: {
        ledger: {
          bind: () => (isBound = true),
          read: (name: string) =>
            alive(() =>
              Promise.resolve(
                name === "accountOf" ? 1 : (ledger.first ?? 0) + ledger.readings.length,
              ),
            ),
          submit: (_name: string, [first, packed]: [number, string], { key }: { key: string }) => {
            assert(isBound);
            return alive(() => ledger.submit(first, packed, key));
          },
        },
      },
      account: { address: "0xaa" },
      assets: undefined,
      clock: { utcUs: () => activeS * 1e6 },
      log: () => undefined,
    };
    const options = {
      meter: "101",
      source: "",
      startS: START_S,
      intervalS: INTERVAL_S,
      batch: BATCH,
    };
    this.#handlers = definition.setup(context as never, options) as never;
  }

  sample(interval: number): void {
    const dueUtcUs = (START_S + (interval + 1) * INTERVAL_S) * 1e6;
    this.#last = this.#last.then(async () => {
      if (!this.isDead) await this.#handlers.on_sample(dueUtcUs);
    });
  }
}

async function turns(count: number): Promise<void> {
  for (let each = 0; each < count; each += 1) await turn();
}

describe("meter", function () {
  this.timeout(30_000);
  it("tells its board the net energy of every interval, when the interval is over", async () => {
    const heard: Heard[] = [];
    const life = new Life(new Ledger(), heard, () => "closed");
    for (let interval = 0; interval < 10; interval += 1) life.sample(interval);
    await turns(20);
    assert.deepEqual(
      heard.map((reading) => reading.netWh),
      netWh.slice(0, 10),
    );
    assert.equal(heard[0]?.endUtcUs, (START_S + INTERVAL_S) * 1e6);
  });

  it("submits once a batch, and all that is due when the sink opens late", async () => {
    const ledger = new Ledger();
    let state = "closed";
    const life = new Life(ledger, [], () => state);
    for (let interval = 0; interval < 20; interval += 1) {
      if (interval === 6) state = "silent";
      if (interval === 9) state = "open";
      life.sample(interval);
      await turns(3);
      ledger.mine();
      await turns(3);
    }
    assert.deepEqual(ledger.readings, netWh.slice(0, 20));
    assert.equal(ledger.submittedCount, 3);
  });

  it("a meter that is new begins with the batch in which it came up", async () => {
    const ledger = new Ledger();
    const life = new Life(ledger, [], () => "open", START_S + 5 * INTERVAL_S + 1);
    for (let interval = 5; interval < 12; interval += 1) {
      life.sample(interval);
      await turns(3);
      ledger.mine();
      await turns(3);
    }
    assert.equal(ledger.first, BATCH);
    assert.deepEqual(ledger.readings, netWh.slice(BATCH, 12));
  });

  it("goes on after a refusal that was none of its fault", async () => {
    const ledger = new Ledger();
    ledger.refusals = 2;
    const life = new Life(ledger, [], () => "open");
    for (let interval = 0; interval < 20; interval += 1) {
      life.sample(interval);
      await turns(3);
      ledger.mine();
      await turns(3);
    }
    assert.deepEqual(ledger.readings, netWh.slice(0, 20));
  });

  for (let seed = 1; seed <= 60; seed += 1)
    it(`has no gap and no repetition across crashes (seed ${seed})`, async () => {
      const random = new SeededRandom(`meter ${seed}`);
      const ledger = new Ledger();
      const heard: Heard[] = [];
      let life = new Life(ledger, heard, () => "open");
      for (let interval = 0; interval < INTERVALS; interval += 1) {
        const isCalm = interval >= INTERVALS - 5 * BATCH;
        life.sample(interval);
        await turns(Math.floor(random.next() * 4));
        if (!isCalm && random.next() < 0.3) {
          life.isDead = true;
          life = new Life(ledger, heard, () => "open");
        }
        if (isCalm || random.next() < 0.4) ledger.mine();
        await turns(isCalm ? 8 : 2);
        if (isCalm) ledger.mine();
        assert.deepEqual(ledger.readings, netWh.slice(0, ledger.readings.length));
      }
      assert.equal(ledger.readings.length, INTERVALS);
    });

  it("packs readings as signed 32-bit integers, most significant byte first", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (values) => {
        const bytes = Buffer.from(packReadings(values).slice(2), "hex");
        assert.equal(bytes.length, 4 * values.length);
        assert.deepEqual(
          values.map((_, place) => bytes.readInt32BE(4 * place)),
          values,
        );
      }),
    );
    assert.equal(packReadings([-1, 258]), "0xffffffff00000102");
  });
});
