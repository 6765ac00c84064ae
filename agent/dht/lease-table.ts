import { Agenda } from "./agenda.ts";
import type { Id } from "./ids.ts";

/** How many listeners a board serves. */
export interface LeaseLimits {
  /** Most leases in all. */
  readonly leasesMax: number;
  /** Most leases of one address. */
  readonly leasesPerAddressMax: number;
}

/** Who wants to be told of changes of which key, and until when. Pure: told the time. */
export class LeaseTable {
  readonly #limits: LeaseLimits;
  readonly #keys = new Map<Id, Map<string, number>>();
  readonly #addresses = new Map<string, Set<Id>>();
  /** One entry for each lease. */
  readonly #agenda = new Agenda<{ readonly key: Id; readonly address: string }>();
  #size = 0;

  constructor(limits: LeaseLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /** When a lease may end next. */
  get nextMs(): number {
    return this.#agenda.nextMs;
  }

  /** Begins or prolongs a lease; false when there is no room for it. */
  grant(key: Id, address: string, untilMs: number): boolean {
    const ofKey = this.#keys.get(key) ?? new Map<string, number>();
    if (!ofKey.has(address)) {
      const ofAddress = this.#addresses.get(address) ?? new Set();
      const { leasesMax, leasesPerAddressMax } = this.#limits;
      if (this.#size >= leasesMax || ofAddress.size >= leasesPerAddressMax) return false;
      this.#keys.set(key, ofKey);
      this.#addresses.set(address, ofAddress.add(key));
      this.#size += 1;
      this.#plan(untilMs, { key, address });
    }
    ofKey.set(address, untilMs);
    return true;
  }

  has(key: Id, address: string): boolean {
    return this.#keys.get(key)?.has(address) === true;
  }

  /** Whom to tell of a change of `key`, in the order in which their leases began. */
  addressesOf(key: Id): Iterable<string> {
    return this.#keys.get(key)?.keys() ?? [];
  }

  release(key: Id, address: string): void {
    const ofKey = this.#keys.get(key);
    if (!ofKey?.delete(address)) return;
    if (ofKey.size === 0) this.#keys.delete(key);
    const ofAddress = this.#addresses.get(address);
    ofAddress?.delete(key);
    if (ofAddress?.size === 0) this.#addresses.delete(address);
    this.#size -= 1;
  }

  /** Ends all leases of an address. */
  drop(address: string): void {
    for (const key of [...(this.#addresses.get(address) ?? [])]) this.release(key, address);
  }

  /** Ends the leases whose time is over. */
  expire(nowMs: number): void {
    for (let due = this.#agenda.take(nowMs); due !== undefined; due = this.#agenda.take(nowMs)) {
      const untilMs = this.#keys.get(due.key)?.get(due.address);
      if (untilMs === undefined) continue;
      if (untilMs > nowMs) this.#agenda.add(untilMs, due);
      else this.release(due.key, due.address);
    }
  }

  /** Whoever begins and releases again and again leaves entries behind: then the list is made anew. */
  #plan(untilMs: number, lease: { readonly key: Id; readonly address: string }): void {
    if (this.#agenda.size > 2 * this.#size + 64) {
      this.#agenda.clear();
      for (const [key, ofKey] of this.#keys)
        for (const [address, endMs] of ofKey) this.#agenda.add(endMs, { key, address });
    }
    this.#agenda.add(untilMs, lease);
  }

  /** Keys with leases, and how many each has. */
  get counts(): readonly { readonly key: Id; readonly leaseCount: number }[] {
    return Array.from(this.#keys, ([key, leases]) => ({ key, leaseCount: leases.size }));
  }
}
