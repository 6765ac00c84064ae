import { Agenda } from "./agenda.ts";
import type { Board } from "./board.ts";
import { ID_BITS, type Id } from "./ids.ts";
import { Lookup } from "./lookup-rule.ts";
import { type Contact, FIRST_PLACE, LAST_PLACE, type ReplyBody } from "./packet.ts";
import { answerable } from "./proof.ts";
import { placeOf, type SignedRecord } from "./signed-record.ts";

const LOOKUPS_MAX = 32;
const WAITING_MAX = 4_096;
/** Claimed contacts that are asked for their proof at a time. */
const PROVING_MAX = 16;
/** Far buckets are refreshed so often, in ms. Source: Kademlia, section 2.3 (an hour there). */
const REFRESH_MS = 600_000;
/** Seeds that did not answer are asked again after this time, in ms. */
const SEED_MS = 1_000;

type Found = (contacts: readonly Contact[]) => void;

/** Finds boards where nobody tells of them: lookups, proofs of contacts, the way in. */
export class Finding {
  readonly #board: Board;
  readonly #onLearnt: (contact: Contact) => void;
  readonly #onLost: (contact: Contact) => void;
  readonly #waiting: { readonly target: Id; readonly found: Found }[] = [];
  readonly #proving = new Set<string>();
  readonly #agenda = new Agenda<"seeds" | "refresh">();
  #runningCount = 0;
  /** Lookups so far, and boards that they asked. */
  lookupCount = 0;
  /** See lookupCount. */
  askedCount = 0;

  constructor(
    board: Board,
    onLearnt: (contact: Contact) => void,
    onLost: (contact: Contact) => void,
  ) {
    this.#board = board;
    this.#onLearnt = onLearnt;
    this.#onLost = onLost;
    if (board.settings.membersOnly) return;
    this.#agenda.add(board.nowMs, "seeds");
    this.#agenda.add(board.nowMs + REFRESH_MS * (0.5 + board.random()), "refresh");
  }

  get nextMs(): number {
    return this.#agenda.nextMs;
  }

  tick(): void {
    const { nowMs, random } = this.#board;
    for (let due = this.#agenda.take(nowMs); due !== undefined; due = this.#agenda.take(nowMs)) {
      if (due === "seeds") this.#askSeeds();
      else {
        for (const { bits } of this.#board.table.buckets) this.find(this.#idWith(bits), ignore);
        this.#agenda.add(nowMs + REFRESH_MS * (0.8 + 0.4 * random()), "refresh");
      }
    }
  }

  /**
   * Hands `found` the boards closest to `target`, without this one. With membership at once, from the
   * table; else after a lookup.
   */
  find(target: Id, found: Found): void {
    const { settings, table } = this.#board;
    if (settings.membersOnly) found(table.closest(target, settings.replicaCount));
    else if (this.#runningCount < LOOKUPS_MAX) this.#run(target, found);
    else if (this.#waiting.length < WAITING_MAX) this.#waiting.push({ target, found });
    else found(table.closest(target, settings.replicaCount));
  }

  /** Somebody at `address` says to be the owner of a key: asked for the proof when there is room for it. */
  claimed(contact: Contact): void {
    const { settings, table, self } = this.#board;
    const { id, address } = contact;
    if (settings.membersOnly || id === self.id || table.get(id)?.address === address) return;
    this.#prove(address);
  }

  /** All records of `key` that the boards near it have, each once; resolves when most have answered. */
  async get(key: Id): Promise<readonly SignedRecord[]> {
    const contacts = await new Promise<readonly Contact[]>((resolve) => this.find(key, resolve));
    const records = new Map<string, SignedRecord>();
    const take = (record: SignedRecord): void => {
      const place = placeOf(record);
      if ((records.get(place)?.sequence ?? -1) < record.sequence) records.set(place, record);
    };
    for (const record of this.#board.store.recordsOf(key)) take(record);
    const enough = Math.floor(contacts.length / 2) + 1;
    if (contacts.length > 0)
      await new Promise<void>((resolve) => {
        let [goodCount, endCount] = [0, 0];
        for (const { address } of contacts)
          this.#getFrom(address, key, FIRST_PLACE, (record, isEnd) => {
            if (record !== undefined) take(record);
            if (isEnd === undefined) return;
            endCount += 1;
            if (isEnd) goodCount += 1;
            if (goodCount >= enough || endCount >= contacts.length) resolve();
          });
      });
    return [...records.values()];
  }

  /** Page after page; `told` gets each record that holds, and at the end whether all came. */
  #getFrom(
    address: string,
    key: Id,
    from: string,
    told: (record: SignedRecord | undefined, isEnd: boolean | undefined) => void,
  ): void {
    const board = this.#board;
    board.caller.request(address, { kind: "get", key, from }, board.nowMs, (reply) => {
      if (reply?.kind !== "values") {
        told(undefined, false);
        return;
      }
      for (const { record } of reply.records)
        if (record.key === key && board.counts(record, address)) told(record, undefined);
      if (reply.next === LAST_PLACE || reply.next <= from) told(undefined, true);
      else this.#getFrom(address, key, reply.next, told);
    });
  }

  #run(target: Id, found: Found): void {
    const { settings, table } = this.#board;
    this.#runningCount += 1;
    this.lookupCount += 1;
    const start = table.closest(target, settings.replicaCount);
    const lookup = new Lookup(target, start, settings.replicaCount, settings.parallelCount);
    this.#step(lookup, found);
  }

  #step(lookup: Lookup, found: Found): void {
    const { self } = this.#board;
    for (const contact of lookup.next())
      this.#ask(contact.address, lookup.target, contact, (contacts) => {
        if (contacts === undefined) lookup.failed(contact.id);
        else
          lookup.answered(
            contact.id,
            contacts.filter(({ id }) => id !== self.id),
          );
        this.#step(lookup, found);
      });
    if (!lookup.isDone || lookup.isTold) return;
    lookup.isTold = true;
    this.askedCount += lookup.askedCount;
    this.#runningCount -= 1;
    found(lookup.result);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#run(next.target, next.found);
  }

  /** Asks the board at `address`; hands over the contacts that it knows, or undefined for no good answer. */
  #ask(
    address: string,
    target: Id,
    expected: Contact | undefined,
    then: (contacts: readonly Contact[] | undefined) => void,
  ): void {
    const { caller, self, nowMs } = this.#board;
    const body = { kind: "find", target, publicKey: self.publicKey, to: address } as const;
    const onReply = (reply: ReplyBody | undefined, requestId: number): void => {
      const contact = answerable(this.#board, reply, { ...body, requestId, address });
      if (contact === undefined || (expected !== undefined && contact.id !== expected.id)) {
        const lost = expected === undefined ? undefined : this.#board.table.failed(expected.id);
        if (lost !== undefined) this.#onLost(lost);
        then(undefined);
        return;
      }
      this.#proved(contact);
      then(reply?.kind === "nodes" ? reply.contacts : []);
    };
    caller.request(address, body, nowMs, onReply);
  }

  #proved(contact: Contact): void {
    const { table } = this.#board;
    const isNew = table.get(contact.id)?.address !== contact.address;
    const doubted = table.seen(contact);
    if (doubted !== undefined) this.#prove(doubted.address, doubted);
    if (isNew) this.#onLearnt(contact);
  }

  /** Asks for boards near this one, which proves the one that answers, and tells it of us. */
  #prove(address: string, expected?: Contact): void {
    if (this.#proving.size >= PROVING_MAX || this.#proving.has(address)) return;
    this.#proving.add(address);
    this.#ask(address, this.#board.self.id, expected, () => this.#proving.delete(address));
  }

  #askSeeds(): void {
    const { settings, nowMs, self } = this.#board;
    for (const address of settings.seeds)
      if (address !== self.address)
        this.#ask(address, self.id, undefined, (contacts) => {
          if (contacts !== undefined) this.find(self.id, ignore);
        });
    const isAlone = [...this.#board.table.all()].length === 0;
    this.#agenda.add(nowMs + (isAlone ? SEED_MS : REFRESH_MS), "seeds");
  }

  /** An id that has exactly `bits` leading bits in common with this board's. */
  #idWith(bits: number): Id {
    const own = BigInt(`0x${this.#board.self.id}`);
    const below = BigInt(ID_BITS - bits - 1);
    if (below < 0n) return this.#board.self.id;
    let random = 0n;
    for (let byte = 0; byte < ID_BITS / 8; byte += 1)
      random = (random << 8n) | BigInt(Math.floor(this.#board.random() * 256));
    const low = random & ((1n << below) - 1n);
    const id = (((own >> below) ^ 1n) << below) | low;
    return id.toString(16).padStart(ID_BITS / 4, "0");
  }
}

const ignore = (): void => undefined;
