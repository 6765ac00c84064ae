import type { Activity } from "../core/activity.ts";
import type { Clock } from "../core/clock.ts";
import type { SignedTransaction } from "./admission.ts";
import type { Mining } from "./chain-options.ts";
import type { Admission, PendingPool } from "./pending-pool.ts";

/** What became of a transaction that was sent. */
export type SendOutcome =
  | { readonly ok: true; readonly hash: Uint8Array }
  | { readonly ok: false; readonly reason: string };

/** What a miner works with. */
export interface MinerParts {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly pool: PendingPool<SignedTransaction>;
  /** Makes and writes the next block of what is ready; tells which transactions it refused and why. */
  readonly makeBlock: (taken: readonly SignedTransaction[]) => Promise<ReadonlyMap<string, string>>;
  /** Tells the world of the newest block. */
  readonly announce: () => void;
  /** Runs work in turn with calls. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

const BREATH_MS = 50;

const REASONS: Readonly<Record<Exclude<Admission, "ready" | "queued">, string>> = {
  "already known": "already known",
  "nonce too low": "nonce too low",
  replaced: "replacement transaction underpriced",
  full: "txpool is full",
};

/**
 * Decides when blocks are made and who is answered when.
 *
 * On demand, a sender whose turn has come is answered when the block is durable: an answer is a
 * promise kept across kill -9. A transaction that waits for an earlier nonce, and every one of a
 * chain with intervals, is answered at once: its receipt is the promise.
 */
export class Miner {
  readonly #parts: MinerParts;
  readonly #mining: Mining;
  readonly #transactionsPerBlockMax: number;
  readonly #waiting = new Map<string, (outcome: SendOutcome) => void>();
  #isWorking = false;
  #wake: () => void = () => undefined;

  constructor(parts: MinerParts, mining: Mining, transactionsPerBlockMax: number) {
    this.#parts = parts;
    this.#mining = mining;
    this.#transactionsPerBlockMax = transactionsPerBlockMax;
  }

  /** Takes a transaction in. Work has begun, as far as `activity` is concerned, when this returns. */
  send(transaction: SignedTransaction): Promise<SendOutcome> {
    const { hash, hashBytes } = transaction;
    const admission = this.#parts.pool.add(transaction);
    if (admission === "queued") return Promise.resolve({ ok: true, hash: hashBytes });
    if (admission !== "ready")
      return Promise.resolve({ ok: false, reason: REASONS[admission] });
    if (!this.#isWorking) {
      this.#isWorking = true;
      this.#parts.activity.begin();
      this.#wake();
    }
    if (this.#mining.kind === "interval") return Promise.resolve({ ok: true, hash: hashBytes });
    return new Promise((resolve) => this.#waiting.set(hash, resolve));
  }

  /** Makes blocks until `signal` aborts. @throws what makeBlock throws: the disk failed. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, inTurn } = this.#parts;
    const stop = (): void => this.#wake();
    signal.addEventListener("abort", stop);
    let breathedMs = clock.monotonicMs();
    try {
      while (!signal.aborted) {
        if (!this.#isWorking) await new Promise<void>((resolve) => (this.#wake = resolve));
        const { kind } = this.#mining;
        const gatherMs = kind === "demand" ? this.#mining.gatherMs : this.#mining.intervalMs;
        if (gatherMs > 0) await clock.sleep(gatherMs, signal);
        if (signal.aborted) break;
        await inTurn(() => this.#mine());
        if (clock.monotonicMs() - breathedMs < BREATH_MS || gatherMs > 0) continue;
        // Blocks without a pause would leave sockets and timers unserved until a long queue is empty.
        if (this.#isWorking) await clock.sleep(1, signal);
        breathedMs = clock.monotonicMs();
      }
    } finally {
      signal.removeEventListener("abort", stop);
      this.#stop();
    }
  }

  async #mine(): Promise<void> {
    const { pool, activity, makeBlock, announce } = this.#parts;
    const taken = pool.take(this.#transactionsPerBlockMax);
    if (taken.length > 0) {
      const refused = await makeBlock(taken);
      const isGap = ([, reason]: readonly [string, string]): boolean => reason === "nonce too high";
      const dropped = new Set([...refused].filter((entry) => !isGap(entry)).map(([hash]) => hash));
      const again = pool.settle(new Set(refused.keys()), dropped);
      if (refused.size < taken.length) announce();
      this.#answer(taken, refused, again);
    }
    if (pool.readyCount > 0) return;
    this.#isWorking = false;
    activity.end();
  }

  #answer(
    taken: readonly SignedTransaction[],
    refused: ReadonlyMap<string, string>,
    again: readonly (readonly [SignedTransaction, Admission])[],
  ): void {
    for (const { hash, hashBytes } of taken) {
      const reason = refused.get(hash);
      if (reason === undefined) this.#tell(hash, { ok: true, hash: hashBytes });
      else if (reason !== "nonce too high") this.#tell(hash, { ok: false, reason });
    }
    for (const [{ hash, hashBytes }, admission] of again) {
      if (admission === "queued") this.#tell(hash, { ok: true, hash: hashBytes });
      else if (admission !== "ready") this.#tell(hash, { ok: false, reason: REASONS[admission] });
    }
  }

  #tell(hash: string, outcome: SendOutcome): void {
    this.#waiting.get(hash)?.(outcome);
    this.#waiting.delete(hash);
  }

  /** Whoever still waits is told that nothing is promised. */
  #stop(): void {
    for (const hash of [...this.#waiting.keys()])
      this.#tell(hash, { ok: false, reason: "the chain was stopped; nothing is known of this transaction" });
    if (this.#isWorking) this.#parts.activity.end();
    this.#isWorking = false;
  }
}
