import { Agenda } from "./agenda.ts";
import type { Board } from "./board.ts";
import type { Id } from "./ids.ts";
import { type Contact, KEYS_MAX } from "./packet.ts";

/** A board that has come to keep a key is compared with within this time, in ms: its owner will have been there. */
const NEWCOMER_MS_MAX = 1_000;
/** Pairs of boards and keys that wait for that. */
const NEWCOMERS_MAX = 65_536;

/**
 * Anti-entropy: compares what this board keeps with what others keep of the same keys, one board at a
 * time. What pushes and renewals missed is found here.
 * Source: Demers et al., "Epidemic algorithms for replicated database maintenance", PODC 1987.
 */
export class Comparing {
  readonly #board: Board;
  readonly #newcomers = new Agenda<{ readonly address: string; readonly key: Id }>();
  #dueMs: number;

  constructor(board: Board) {
    this.#board = board;
    this.#dueMs = board.nowMs + board.settings.compareMs * board.random();
  }

  get nextMs(): number {
    return Math.min(this.#dueMs, this.#newcomers.nextMs);
  }

  /** `contact` has come to keep `key`, which this board keeps too. */
  expect(key: Id, { address }: Contact): void {
    if (this.#newcomers.size >= NEWCOMERS_MAX) return;
    const { nowMs, random } = this.#board;
    this.#newcomers.add(nowMs + NEWCOMER_MS_MAX * random(), { key, address });
  }

  tick(): void {
    const { nowMs, settings, random, store } = this.#board;
    const due = new Map<string, Id[]>();
    for (let each = this.#newcomers.take(nowMs); each; each = this.#newcomers.take(nowMs))
      if (store.has(each.key)) due.set(each.address, [...(due.get(each.address) ?? []), each.key]);
    for (const [address, keys] of due)
      for (let start = 0; start < keys.length; start += KEYS_MAX)
        this.#compare(address, keys.slice(start, start + KEYS_MAX));
    if (this.#dueMs > nowMs) return;
    this.#dueMs = nowMs + settings.compareMs * (0.8 + 0.4 * random());
    this.#round();
  }

  /** Compares keys that are shared with the keeper of a key drawn by lot. */
  #round(): void {
    const { store, plan, self, random } = this.#board;
    const keys = [...store.keys];
    const drawn = keys[Math.floor(random() * keys.length)];
    if (drawn === undefined || !plan.keeps(self.id, drawn)) return;
    const others = plan.othersOf(drawn);
    const other = others[Math.floor(random() * others.length)];
    if (other === undefined) return;
    const shared = [drawn];
    const start = Math.floor(random() * keys.length);
    for (let step = 0; step < keys.length && shared.length < KEYS_MAX; step += 1) {
      const key = keys[(start + step) % keys.length];
      if (key === undefined || key === drawn) continue;
      if (plan.keeps(self.id, key) && plan.keeps(other.id, key)) shared.push(key);
    }
    this.#compare(other.address, shared);
  }

  #compare(address: string, shared: readonly Id[]): void {
    const { caller, store, nowMs } = this.#board;
    const keys = shared.map((key) => ({ key, digest: store.digestOf(key) }));
    caller.request(address, { kind: "listen", mode: "compare", keys }, nowMs, () => undefined);
  }
}
