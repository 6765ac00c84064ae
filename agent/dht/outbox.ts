import type { Id } from "./ids.ts";

/** A record that somebody is to get: always what is kept at that place when it is sent. */
export interface Parcel {
  readonly key: Id;
  readonly place: string;
  /** How many times it was taken back; for the pause before the next time. */
  readonly attempt: number;
}

/** Packets on their way to one address at a time. */
const IN_FLIGHT_MAX = 4;

interface Queue {
  readonly waiting: Map<string, Parcel>;
  inFlightCount: number;
}

/**
 * Which records wait for which address. Pure. A record that changes while it waits is sent once, as it
 * is then; one that is on its way and changes waits again.
 */
export class Outbox {
  readonly #queues = new Map<string, Queue>();
  /** Addresses that something waits for and that may be sent to. */
  readonly #ready = new Set<string>();
  readonly #waitingMax: number;
  #waitingCount = 0;
  /** Parcels refused because too many wait. */
  droppedCount = 0;

  /** @param waitingMax parcels in all. */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** Whether nothing waits and nothing is on its way. */
  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  add(address: string, parcel: Parcel): void {
    if (this.#waitingCount >= this.#waitingMax) {
      this.droppedCount += 1;
      return;
    }
    const queue = this.#queues.get(address) ?? { waiting: new Map(), inFlightCount: 0 };
    this.#queues.set(address, queue);
    const name = parcel.key + parcel.place;
    if (!queue.waiting.has(name)) this.#waitingCount += 1;
    queue.waiting.set(name, parcel);
    if (queue.inFlightCount < IN_FLIGHT_MAX) this.#ready.add(address);
  }

  /** An address that can be sent to now. */
  get nextReady(): string | undefined {
    for (const address of this.#ready) return address;
    return undefined;
  }

  /**
   * Takes the parcels of one packet for `address`, which then is in flight until `landed`: in order, as
   * long as `fits` says so. None when `fits` has taken none: `fits` is asked once for each that is passed.
   */
  take(address: string, fits: (parcel: Parcel) => "yes" | "void" | "no"): readonly Parcel[] {
    const queue = this.#queues.get(address);
    const parcels: Parcel[] = [];
    for (const [name, parcel] of queue?.waiting ?? []) {
      const answer = fits(parcel);
      if (answer === "no") break;
      queue?.waiting.delete(name);
      this.#waitingCount -= 1;
      if (answer === "yes") parcels.push(parcel);
    }
    if (queue !== undefined && parcels.length > 0) queue.inFlightCount += 1;
    this.#settle(address);
    return parcels;
  }

  /** A packet for `address` has come to an end, good or bad. */
  landed(address: string): void {
    const queue = this.#queues.get(address);
    if (queue === undefined) return;
    queue.inFlightCount = Math.max(0, queue.inFlightCount - 1);
    this.#settle(address);
  }

  /** Forgets all that waits for `address`. */
  drop(address: string): void {
    this.#waitingCount -= this.#queues.get(address)?.waiting.size ?? 0;
    this.#queues.delete(address);
    this.#ready.delete(address);
  }

  #settle(address: string): void {
    const queue = this.#queues.get(address);
    const isReady = (queue?.waiting.size ?? 0) > 0 && (queue?.inFlightCount ?? 0) < IN_FLIGHT_MAX;
    if (isReady) this.#ready.add(address);
    else this.#ready.delete(address);
    if (queue?.waiting.size === 0 && queue.inFlightCount === 0) this.#queues.delete(address);
  }
}
