import { LINE_BYTES_MAX } from "../core/switchboard.ts";
import { Agenda } from "./agenda.ts";
import type { Board } from "./board.ts";
import type { Id } from "./ids.ts";
import type { Parcel } from "./outbox.ts";
import { RECORDS_MAX, type SentRecord, type StoreResult } from "./packet.ts";
import { HEADER_BYTES, SENT_RECORD_BYTES } from "./packet-codec.ts";

/** Bytes of records in one packet, after the lengths of its lists. */
export const RECORDS_BYTES_MAX = LINE_BYTES_MAX - HEADER_BYTES - 2;
/** Before a record that was refused is brought again, in ms; twice as long each time, up to the second. */
const AGAIN_MS_MIN = 50;
const AGAIN_MS_MAX = 4_000;
const LATER_MAX = 65_536;

/** Brings records to other boards until they have them, or are gone, or need them no more. */
export class Deliveries {
  readonly #board: Board;
  readonly #later = new Agenda<{ readonly address: string; readonly parcel: Parcel }>();

  constructor(board: Board) {
    this.#board = board;
  }

  /** When something is to be brought again. */
  get nextMs(): number {
    return this.#later.nextMs;
  }

  get waitingCount(): number {
    return this.#later.size;
  }

  tick(): void {
    const { outbox, nowMs } = this.#board;
    for (let due = this.#later.take(nowMs); due !== undefined; due = this.#later.take(nowMs))
      if (this.#isWanted(due.address, due.parcel.key)) outbox.add(due.address, due.parcel);
  }

  /** Sends what waits and may go. */
  flush(): void {
    const { outbox } = this.#board;
    for (let address = outbox.nextReady; address !== undefined; address = outbox.nextReady)
      this.#sendOne(address);
  }

  #sendOne(address: string): void {
    const { outbox, store, caller, nowMs } = this.#board;
    const records: SentRecord[] = [];
    let leftBytes = RECORDS_BYTES_MAX;
    const parcels = outbox.take(address, ({ key, place }) => {
      const record = store.get(key, place);
      if (record === undefined) return "void";
      const sizeBytes = SENT_RECORD_BYTES + record.bytes.byteLength;
      if (sizeBytes > leftBytes || records.length >= RECORDS_MAX) return "no";
      leftBytes -= sizeBytes;
      records.push({ record, remainingMs: store.remainingMs(key, place, nowMs) });
      return "yes";
    });
    if (parcels.length === 0) return;
    caller.request(address, { kind: "store", records }, nowMs, (reply) => {
      outbox.landed(address);
      const isAnswer = reply?.kind === "stored";
      for (const [index, parcel] of parcels.entries())
        this.#ended(address, parcel, isAnswer ? reply.results[index] : undefined);
      if (isAnswer) for (const each of reply.newer) this.#board.accept(each, address);
    });
  }

  #ended(address: string, parcel: Parcel, result: StoreResult | undefined): void {
    if (result === "kept" || result === "stale" || result === "full") return;
    if (!this.#isWanted(address, parcel.key) || this.#later.size >= LATER_MAX) return;
    const pauseMs = Math.min(AGAIN_MS_MAX, AGAIN_MS_MIN * 2 ** parcel.attempt);
    const again = { ...parcel, attempt: parcel.attempt + 1 };
    this.#later.add(this.#board.nowMs + pauseMs, { address, parcel: again });
  }

  /** Whether the board at `address` keeps `key`, or listens to it. */
  #isWanted(address: string, key: Id): boolean {
    const { plan, leases } = this.#board;
    if (leases.has(key, address)) return true;
    return plan.isTracked(key) && plan.boardsOf(key).some((each) => each.address === address);
  }
}
