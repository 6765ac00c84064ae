import { commonBits, compareDistance, type Id } from "./ids.ts";
import type { Contact } from "./packet.ts";

/** Most boards that membership may tell of. */
export const MEMBERS_MAX = 4_096;
/** Most contacts that lookups found beyond what the buckets hold. */
const FOUND_MAX = 512;
/** Requests in a row without an answer after which a contact is forgotten. */
const FAILURES_MAX = 3;

/** How many contacts a table takes. */
export interface RoutingOptions {
  /** k: contacts in a bucket, and copies of a value. */
  readonly replicaCount: number;
  /** Most contacts of one host in a bucket. */
  readonly contactsPerHostMax: number;
  /** Most contacts of one foreign subnet (IPv4 /24, IPv6 /64) in a bucket. */
  readonly contactsPerSubnetMax: number;
}

interface Bucket {
  /** Least recently seen first. */
  readonly contacts: Map<Id, Contact>;
  /** Who would like to come in, most recently seen last; at most k. */
  readonly waiting: Map<Id, Contact>;
}

/**
 * Whom this board knows: members, of whom membership tells and who stay until it says that they are gone;
 * contacts in k-buckets; and those that lookups found near keys of ours. Pure. All have shown their keys.
 * Source: Maymounkov, Mazieres, "Kademlia", IPTPS 2002, sections 2.2 and 2.4.
 */
export class RoutingTable {
  readonly #self: Contact;
  readonly #options: RoutingOptions;
  readonly #members = new Map<Id, Contact>();
  readonly #memberAt = new Map<string, Contact>();
  /** By the number of leading bits that their contacts share with this board; made when needed. */
  readonly #buckets = new Map<number, Bucket>();
  readonly #found = new Map<Id, Contact>();
  readonly #failures = new Map<Id, number>();
  /** Contacts refused for a limit of host or subnet. */
  refusedCount = 0;

  constructor(self: Contact, options: RoutingOptions) {
    this.#self = self;
    this.#options = options;
  }

  /** Takes in a board that membership tells of; false when there are too many, or it is this board. */
  addMember(contact: Contact): boolean {
    const { id } = contact;
    if (id === this.#self.id) return false;
    const before = this.#members.get(id);
    if (before === undefined && this.#members.size >= MEMBERS_MAX) return false;
    if (before !== undefined) this.#memberAt.delete(before.address);
    this.#forgetLearnt(id);
    this.#members.set(id, contact);
    this.#memberAt.set(contact.address, contact);
    return true;
  }

  /** Forgets a board everywhere; what was known of it, if anything was. */
  remove(id: Id): Contact | undefined {
    const contact = this.get(id);
    const member = this.#members.get(id);
    if (member !== undefined && this.#memberAt.get(member.address)?.id === id)
      this.#memberAt.delete(member.address);
    this.#members.delete(id);
    this.#forgetLearnt(id);
    return contact;
  }

  isMember(id: Id): boolean {
    return this.#members.has(id);
  }

  /** The member that has `address`. */
  memberAt(address: string): Contact | undefined {
    return this.#memberAt.get(address);
  }

  get(id: Id): Contact | undefined {
    return this.#members.get(id) ?? this.#bucketOf(id).contacts.get(id) ?? this.#found.get(id);
  }

  /**
   * A contact has shown its key and its address. It comes in, or waits until the one that was silent
   * for longest turns out to be gone: that one is returned, to be asked.
   */
  seen(contact: Contact): Contact | undefined {
    const { id } = contact;
    if (id === this.#self.id || this.#members.has(id)) return undefined;
    this.#failures.delete(id);
    const { contacts, waiting } = this.#bucketOf(id);
    if (contacts.has(id)) {
      contacts.delete(id);
      contacts.set(id, contact);
      return undefined;
    }
    if (!this.#fits(contact, contacts)) {
      this.refusedCount += 1;
      return undefined;
    }
    if (contacts.size < this.#options.replicaCount) {
      contacts.set(id, contact);
      waiting.delete(id);
      return undefined;
    }
    waiting.delete(id);
    waiting.set(id, contact);
    if (waiting.size > this.#options.replicaCount) deleteFirst(waiting);
    return first(contacts);
  }

  /** A lookup near a key of ours found `contact`: it is remembered even when its bucket is full. */
  found(contact: Contact): void {
    if (contact.id === this.#self.id || this.get(contact.id) !== undefined) return;
    if (this.#found.size >= FOUND_MAX) deleteFirst(this.#found);
    this.#found.set(contact.id, contact);
  }

  /** No answer came from a contact. After too many it is forgotten, and returned; a member never is. */
  failed(id: Id): Contact | undefined {
    if (this.#members.has(id)) return undefined;
    const contact = this.get(id);
    if (contact === undefined) return undefined;
    const failures = (this.#failures.get(id) ?? 0) + 1;
    const { contacts, waiting } = this.#bucketOf(id);
    // With somebody waiting for the place, one silence is enough.
    if (failures < FAILURES_MAX && waiting.size === 0) {
      this.#failures.set(id, failures);
      return undefined;
    }
    this.#forgetLearnt(id);
    const next = [...waiting.values()].at(-1);
    if (next !== undefined && this.#fits(next, contacts)) {
      waiting.delete(next.id);
      contacts.set(next.id, next);
    }
    return contact;
  }

  /** The `count` known contacts closest to `target`, closest first; without this board. */
  closest(target: Id, count: number): Contact[] {
    const best: Contact[] = [];
    for (const contact of this.all()) {
      const last = best[count - 1];
      if (last !== undefined && compareDistance(target, contact.id, last.id) >= 0) continue;
      let place = Math.min(best.length, count - 1);
      while (place > 0) {
        const before = best[place - 1];
        if (before === undefined || compareDistance(target, before.id, contact.id) <= 0) break;
        best[place] = before;
        place -= 1;
      }
      best[place] = contact;
    }
    return best;
  }

  /** Everybody known, each once. */
  *all(): Iterable<Contact> {
    yield* this.#members.values();
    for (const { contacts } of this.#buckets.values()) yield* contacts.values();
    for (const contact of this.#found.values())
      if (!this.#bucketOf(contact.id).contacts.has(contact.id)) yield contact;
  }

  get memberCount(): number {
    return this.#members.size;
  }

  /** How many leading bits the contacts of a bucket share with this board, and who they are. */
  get buckets(): readonly { readonly bits: number; readonly contacts: readonly Contact[] }[] {
    return [...this.#buckets]
      .map(([bits, { contacts }]) => ({ bits, contacts: [...contacts.values()] }))
      .filter(({ contacts }) => contacts.length > 0)
      .sort((one, other) => one.bits - other.bits);
  }

  #fits(contact: Contact, contacts: ReadonlyMap<Id, Contact>): boolean {
    const { contactsPerHostMax, contactsPerSubnetMax } = this.#options;
    const [host, subnet] = [hostOf(contact.address), subnetOf(contact.address)];
    const isForeign = subnet !== subnetOf(this.#self.address);
    let [ofHost, ofSubnet] = [0, 0];
    for (const { id, address } of contacts.values()) {
      if (id === contact.id) continue;
      if (hostOf(address) === host) ofHost += 1;
      if (isForeign && subnetOf(address) === subnet) ofSubnet += 1;
    }
    return ofHost < contactsPerHostMax && ofSubnet < contactsPerSubnetMax;
  }

  #forgetLearnt(id: Id): void {
    const { contacts, waiting } = this.#bucketOf(id);
    contacts.delete(id);
    waiting.delete(id);
    this.#found.delete(id);
    this.#failures.delete(id);
  }

  #bucketOf(id: Id): Bucket {
    const bits = commonBits(this.#self.id, id);
    let bucket = this.#buckets.get(bits);
    if (bucket === undefined)
      this.#buckets.set(bits, (bucket = { contacts: new Map(), waiting: new Map() }));
    return bucket;
  }
}

/** The host of host:port. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

/** The first 24 bits of an IPv4 address, the first 64 of an IPv6 one, the whole of another name. */
export function subnetOf(address: string): string {
  const host = hostOf(address).replace(/^\[|\]$/g, "");
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return host.slice(0, host.lastIndexOf("."));
  if (!host.includes(":")) return host;
  const [head = "", tail = ""] = host.split("::");
  const groups = head.split(":").filter((each) => each !== "");
  const missing = host.includes("::") ? 8 - groups.length - tail.split(":").length : 0;
  return [...groups, ...new Array<string>(Math.max(0, missing)).fill("0"), ...tail.split(":")]
    .slice(0, 4)
    .join(":");
}

function first<T>(map: ReadonlyMap<Id, T>): T | undefined {
  for (const value of map.values()) return value;
  return undefined;
}

function deleteFirst(map: Map<Id, unknown>): void {
  for (const id of map.keys()) {
    map.delete(id);
    return;
  }
}
