import { Agenda } from "./agenda.ts";
import type { Board } from "./board.ts";
import type { Id } from "./ids.ts";
import { type Comparison, KEYS_MAX } from "./packet.ts";

/** Before a board that has other records, or did not answer, is asked again, in ms; twice as long each time. */
const AGAIN_MS_MIN = 250;

interface Lease {
  readonly key: Id;
  readonly address: string;
  dueMs: number;
  /** How often in a row something was amiss. */
  amissCount: number;
}

/**
 * Leases of this board at the boards that keep what it listens to. Each renewal compares what both have,
 * so whatever a listener was not told of it learns then.
 */
export class Listening {
  readonly #board: Board;
  readonly #leases = new Map<string, Lease>();
  readonly #agenda = new Agenda<Lease>();

  constructor(board: Board) {
    this.#board = board;
  }

  get nextMs(): number {
    return this.#agenda.nextMs;
  }

  /** Leases that this board has at others. */
  get size(): number {
    return this.#leases.size;
  }

  /** Begins to listen to `key` wherever it is kept. */
  start(key: Id): void {
    for (const { address } of this.#board.plan.othersOf(key)) this.at(key, address);
  }

  /** Begins to listen to `key` at `address`, or asks there again at once. */
  at(key: Id, address: string): void {
    const name = `${key} ${address}`;
    const lease = this.#leases.get(name) ?? { key, address, dueMs: Number.NaN, amissCount: 0 };
    this.#leases.set(name, lease);
    this.#plan(lease, this.#board.nowMs);
  }

  /** Listens to `key` no more; says so to those who keep it. */
  stop(key: Id): void {
    const { caller, nowMs } = this.#board;
    const keys = [{ key, digest: "0".repeat(16) }];
    for (const [name, lease] of this.#leases) {
      if (lease.key !== key) continue;
      this.#leases.delete(name);
      caller.request(
        lease.address,
        { kind: "listen", mode: "release", keys },
        nowMs,
        () => undefined,
      );
    }
  }

  tick(): void {
    const { nowMs } = this.#board;
    const due = new Map<string, Lease[]>();
    for (
      let lease = this.#agenda.take(nowMs);
      lease !== undefined;
      lease = this.#agenda.take(nowMs)
    ) {
      if (this.#leases.get(`${lease.key} ${lease.address}`) !== lease) continue;
      if (lease.dueMs > nowMs) continue;
      if (this.#isWanted(lease)) due.set(lease.address, [...(due.get(lease.address) ?? []), lease]);
      else this.#leases.delete(`${lease.key} ${lease.address}`);
    }
    for (const [address, leases] of due)
      for (let start = 0; start < leases.length; start += KEYS_MAX)
        this.#ask(address, leases.slice(start, start + KEYS_MAX));
  }

  #ask(address: string, leases: readonly Lease[]): void {
    const { caller, store, nowMs } = this.#board;
    const keys = leases.map(({ key }) => ({ key, digest: store.digestOf(key) }));
    for (const lease of leases) lease.dueMs = Number.POSITIVE_INFINITY;
    caller.request(address, { kind: "listen", mode: "lease", keys }, nowMs, (reply) => {
      const answers = reply?.kind === "listened" ? reply.comparisons : [];
      for (const [index, lease] of leases.entries()) this.#answered(lease, answers[index]);
    });
  }

  #answered(lease: Lease, comparison: Comparison | undefined): void {
    const { nowMs, settings, random } = this.#board;
    // A lease may miss two renewals; and renewed values, which are not pushed, come with one in time.
    const pauseMs = Math.min(settings.leaseMs / 3, (1000 * settings.ttlS) / 6);
    if (comparison === "same") {
      lease.amissCount = 0;
      // Those of one board come to be due together, and travel in one packet.
      const gatherMs = pauseMs / 6;
      const dueMs = nowMs + pauseMs * (0.8 + 0.2 * random());
      this.#plan(lease, Math.floor(dueMs / gatherMs) * gatherMs);
      return;
    }
    const againMs = AGAIN_MS_MIN * 2 ** Math.min(lease.amissCount, 10);
    lease.amissCount += 1;
    this.#plan(lease, nowMs + Math.min(pauseMs, againMs) * (0.8 + 0.4 * random()));
  }

  #plan(lease: Lease, dueMs: number): void {
    if (lease.dueMs === dueMs) return;
    lease.dueMs = dueMs;
    this.#agenda.add(dueMs, lease);
  }

  #isWanted({ key, address }: Lease): boolean {
    const { listeners, plan } = this.#board;
    return listeners.has(key) && plan.boardsOf(key).some((each) => each.address === address);
  }
}
