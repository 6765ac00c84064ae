import { answerTo } from "./answers.ts";
import { Board, type BoardParts } from "./board.ts";
import { Comparing } from "./comparing.ts";
import { Deliveries } from "./deliveries.ts";
import type { DhtSettings } from "./dht-options.ts";
import { Finding } from "./finding.ts";
import { PACKET_COST } from "./host-limits.ts";
import { type Id, idOfKey, idOfPublicKey } from "./ids.ts";
import { Listening } from "./listening.ts";
import type { DhtListener } from "./local-listeners.ts";
import { type Contact, FIRST_PLACE, LAST_PLACE, type Packet, type RequestBody } from "./packet.ts";
import { decodePacket } from "./packet-codec.ts";
import type { PlanChange } from "./replica-plan.ts";
import { hostOf } from "./routing-table.ts";
import { placeOf } from "./signed-record.ts";
import { onSummary } from "./summaries.ts";

/**
 * One board's share of the registry as a rule: told the time, packets, members and wishes, it sends
 * packets and tells listeners. It reads no clock and waits for nothing; `nextMs` says when to call `tick`.
 */
export class DhtNode {
  readonly board: Board;
  readonly deliveries: Deliveries;
  readonly listening: Listening;
  readonly finding: Finding;
  readonly #comparing: Comparing;

  constructor(
    parts: BoardParts,
    settings: DhtSettings,
    now: { readonly ms: number; readonly utcMs: number },
  ) {
    this.board = new Board(parts, settings);
    this.board.nowMs = now.ms;
    this.board.own.begin(now.utcMs);
    this.deliveries = new Deliveries(this.board);
    this.listening = new Listening(this.board);
    this.#comparing = new Comparing(this.board);
    this.finding = new Finding(
      this.board,
      (contact) => this.#planned(this.board.plan.added(contact)),
      (contact) => this.#planned(this.board.plan.removed(contact.id)),
    );
  }

  /** When `tick` has something to do next; what is due already is no later than the time last told. */
  get nextMs(): number {
    const { outbox, caller, store, leases, own, nowMs } = this.board;
    if (outbox.hasReady) return nowMs;
    return Math.min(
      ...[caller.nextMs, store.nextMs, leases.nextMs, own.nextMs, this.deliveries.nextMs],
      ...[this.listening.nextMs, this.#comparing.nextMs, this.finding.nextMs],
    );
  }

  /** Does all that is due at `nowMs`. */
  tick(nowMs: number): void {
    const { board } = this;
    board.nowMs = nowMs;
    board.caller.tick(nowMs);
    this.#renew();
    board.dropped(board.store.expire(nowMs));
    board.leases.expire(nowMs);
    this.#comparing.tick();
    this.listening.tick();
    this.finding.tick();
    this.deliveries.tick();
    board.tell();
    this.deliveries.flush();
  }

  /** Takes in one packet; answers go out at once. */
  receive(from: string, payload: Uint8Array, nowMs: number): void {
    const { board } = this;
    const { counters } = board;
    board.nowMs = nowMs;
    counters.receivedCount += 1;
    counters.receivedBytes += payload.byteLength;
    if (!board.limits.allows(hostOf(from), PACKET_COST, nowMs)) {
      counters.limitedCount += 1;
      return;
    }
    const packet = decodePacket(board.network, payload);
    if (packet === "malformed") counters.malformedCount += 1;
    else if (typeof packet === "string") counters.foreignCount += 1;
    else this.#take(from, packet);
    board.tell();
  }

  /** Says `value` under `key`; the number is for `withdraw`. */
  publish(key: string, value: string, nowMs: number): number {
    const { board } = this;
    board.nowMs = nowMs;
    const id = idOfKey(key);
    const facts = board.own.add(id, value, this.#renewMs());
    board.keepOwn(facts);
    this.#search(id);
    board.tell();
    return facts.slot;
  }

  withdraw(slot: number, nowMs: number): void {
    this.board.nowMs = nowMs;
    const facts = this.board.own.end(slot, nowMs);
    if (facts !== undefined) this.board.keepOwn(facts);
    this.board.tell();
  }

  listen(key: string, listener: DhtListener, nowMs: number): void {
    const { board } = this;
    board.nowMs = nowMs;
    const id = idOfKey(key);
    const isFirst = !board.listeners.has(id);
    board.plan.track(id);
    board.listeners.add(id, listener, board.valuesOf(id));
    if (!isFirst) return;
    this.listening.start(id);
    this.#search(id);
  }

  unlisten(key: string, listener: DhtListener, nowMs: number): void {
    const { board } = this;
    board.nowMs = nowMs;
    const id = idOfKey(key);
    if (!board.listeners.remove(id, listener)) return;
    this.listening.stop(id);
    board.dropped(new Set([id]));
    board.tell();
  }

  /** Membership tells of a board, or of its new address. */
  addContact(publicKey: Uint8Array, address: string, nowMs: number): void {
    const { board } = this;
    board.nowMs = nowMs;
    const contact: Contact = { id: idOfPublicKey(publicKey), publicKey, address };
    const before = board.table.get(contact.id);
    if (!board.table.addMember(contact)) return;
    if (before !== undefined && before.address !== address) this.#leave(before.address);
    this.#planned(board.plan.added(contact));
  }

  /** Membership tells that a board is gone: what it said is void at once. */
  removeContact(publicKey: Uint8Array, nowMs: number): void {
    const { board } = this;
    board.nowMs = nowMs;
    const id = idOfPublicKey(publicKey);
    const contact = board.table.remove(id);
    if (contact !== undefined) this.#leave(contact.address);
    if (id !== board.self.id) board.dropped(board.store.dropOwner(id));
    this.#planned(board.plan.removed(id));
    board.tell();
  }

  /** Brings all that this board says, and its leases, to those who keep them, whether they have them or not. */
  sayAgain(nowMs: number): void {
    const { board } = this;
    board.nowMs = nowMs;
    for (const key of board.store.keys)
      for (const record of board.store.recordsOf(key)) {
        if (record.ownerId !== board.self.id) continue;
        const parcel = { key, place: placeOf(record), attempt: 0 };
        for (const { address } of board.plan.othersOf(key)) board.outbox.add(address, parcel);
      }
    for (const key of board.listeners.keys) this.listening.start(key);
  }

  /** Says goodbye: what this board says ends, and what it keeps for others goes to the next in line. */
  leave(nowMs: number): void {
    const { board } = this;
    board.nowMs = nowMs;
    for (const slot of board.own.slots) this.withdraw(slot, nowMs);
    const { replicaCount } = board.settings;
    for (const key of board.store.keys) {
      if (!board.plan.keeps(board.self.id, key)) continue;
      const next = board.table.closest(key, replicaCount)[replicaCount - 1];
      if (next === undefined) continue;
      for (const { place } of board.store.placesOf(key, FIRST_PLACE, LAST_PLACE))
        board.outbox.add(next.address, { key, place, attempt: 0 });
    }
    this.deliveries.flush();
  }

  #take(from: string, packet: Packet): void {
    const { board } = this;
    const { caller, counters, tokens, nowMs } = board;
    const { body, token, requestId, attempt } = packet;
    switch (body.kind) {
      case "denied":
      case "nodes":
      case "stored":
      case "listened":
      case "values":
        if (caller.isAwaited(from, requestId)) {
          caller.granted(from, packet.grant);
          caller.reply(from, packet, body, nowMs);
        } else counters.strayCount += 1;
        return;
      case "find":
      case "store":
      case "listen":
      case "get":
      case "summary":
        break;
    }
    if (!tokens.isGood(from, token, nowMs)) {
      counters.deniedCount += 1;
      if (body.kind !== "summary")
        board.transmit(from, { requestId, attempt, token, body: { kind: "denied" } });
      return;
    }
    caller.granted(from, packet.grant);
    if (body.kind === "summary") onSummary(board, from, body);
    else this.#answer(from, packet, body);
  }

  #answer(from: string, { requestId, attempt }: Packet, body: RequestBody): void {
    const { board } = this;
    const answer = answerTo(board, from, requestId, body);
    if (answer === undefined) return;
    const token = board.caller.tokenFor(from);
    board.transmit(from, { requestId, attempt, token, body: answer });
    if (body.kind === "find")
      this.finding.claimed({
        id: idOfPublicKey(body.publicKey),
        publicKey: body.publicKey,
        address: from,
      });
  }

  #renew(): void {
    const { board } = this;
    for (const facts of board.own.due(board.nowMs, () => this.#renewMs())) {
      board.keepOwn(facts);
      this.#search(facts.key);
    }
  }

  /** A third of the time that a record counts: two renewals may be lost. */
  #renewMs(): number {
    const { settings, nowMs, random } = this.board;
    return nowMs + (1000 * settings.ttlS * (0.9 + 0.2 * random())) / 3;
  }

  /** Where nobody tells of boards, those near a key are looked for. */
  #search(key: Id): void {
    const { board } = this;
    if (board.settings.membersOnly) return;
    this.finding.find(key, (contacts) => {
      for (const contact of contacts) {
        const isNew = board.table.get(contact.id) === undefined;
        board.table.found(contact);
        if (isNew) this.#planned(board.plan.added(contact));
      }
    });
  }

  /** Boards have come to keep keys: they get what they need for it. */
  #planned(changes: readonly PlanChange[]): void {
    const { board } = this;
    for (const { key, contact } of changes) {
      const isSelf = contact.id === board.self.id;
      if (!isSelf && board.listeners.has(key)) this.listening.at(key, contact.address);
      if (isSelf) continue;
      for (const record of board.store.recordsOf(key))
        if (record.ownerId === board.self.id)
          board.outbox.add(contact.address, { key, place: placeOf(record), attempt: 0 });
      if (board.store.has(key) && board.plan.keeps(board.self.id, key))
        this.#comparing.expect(key, contact);
    }
  }

  /** Nobody answers at `address` any more. */
  #leave(address: string): void {
    this.board.leases.drop(address);
    this.board.outbox.drop(address);
    this.board.caller.drop(address);
  }
}
