import { Agenda } from "./agenda.ts";
import { type Packet, type ReplyBody, type RequestBody, TOKEN_BYTES } from "./packet.ts";
import { RoundTrip } from "./round-trip.ts";

/** A request is sent this often at most; 30 % loss both ways loses all of them once in 200 times. */
const ATTEMPTS_MAX = 8;
const PENDING_MAX = 8_192;
const PEERS_MAX = 8_192;
const NO_TOKEN = new Uint8Array(TOKEN_BYTES);

/** What became of a request: its answer, or undefined when none came. */
export type Answered = (reply: ReplyBody | undefined, requestId: number) => void;

interface Pending {
  readonly requestId: number;
  readonly to: string;
  readonly body: RequestBody;
  readonly answered: Answered;
  attempt: number;
  /** When each attempt went out; for the round trip. */
  readonly sentMs: number[];
  dueMs: number;
  wasDenied: boolean;
}

interface Peer {
  token: Uint8Array;
  readonly roundTrip: RoundTrip;
}

/** What a caller needs of the board. */
export interface CallerParts {
  readonly send: (to: string, packet: Omit<Packet, "grant">) => void;
  readonly nextRequestId: () => number;
}

/**
 * Asks other boards, again and again until they answer: timeouts follow the round trips to each peer,
 * a denial is met with the token that came with it. Pure but for `send`: told the time.
 */
export class Caller {
  readonly #parts: CallerParts;
  readonly #pending = new Map<number, Pending>();
  readonly #agenda = new Agenda<Pending>();
  readonly #peers = new Map<string, Peer>();
  /** Times that a request was sent again. */
  repeatedCount = 0;
  /** Requests that nobody answered. */
  failedCount = 0;

  constructor(parts: CallerParts) {
    this.#parts = parts;
  }

  /** When something is to be sent again, or given up. */
  get nextMs(): number {
    return this.#agenda.nextMs;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Asks `to`. `answered` is called exactly once; at once with undefined when too many requests are open. */
  request(to: string, body: RequestBody, nowMs: number, answered: Answered): void {
    if (this.#pending.size >= PENDING_MAX) {
      this.failedCount += 1;
      answered(undefined, 0);
      return;
    }
    const requestId = this.#parts.nextRequestId();
    const rest = { attempt: 0, sentMs: [], dueMs: 0, wasDenied: false };
    const pending: Pending = { requestId, to, body, answered, ...rest };
    this.#pending.set(requestId, pending);
    this.#transmit(pending, nowMs);
    this.#agenda.add(pending.dueMs, pending);
  }

  /** Whether `from` was asked this, and has not answered yet. */
  isAwaited(from: string, requestId: number): boolean {
    return this.#pending.get(requestId)?.to === from;
  }

  /** Takes in an answer; false when it answers none of our requests. */
  reply(from: string, packet: Packet, body: ReplyBody, nowMs: number): boolean {
    const pending = this.#pending.get(packet.requestId);
    if (pending?.to !== from) return false;
    const sentMs = pending.sentMs[packet.attempt];
    if (sentMs !== undefined) this.#peerOf(from).roundTrip.measured(nowMs - sentMs);
    if (body.kind === "denied") {
      // Once for each attempt: whoever denies for ever is asked no faster than one who is silent.
      if (!pending.wasDenied) this.#transmit(pending, nowMs);
      pending.wasDenied = true;
      return true;
    }
    this.#pending.delete(packet.requestId);
    pending.answered(body, pending.requestId);
    return true;
  }

  /** A packet of `from` brought a token for us. */
  granted(from: string, token: Uint8Array): void {
    this.#peerOf(from).token = token;
  }

  tokenFor(to: string): Uint8Array {
    return this.#peers.get(to)?.token ?? NO_TOKEN;
  }

  /** What a round trip to `to` takes, in ms; undefined when it is not known. */
  roundTripMs(to: string): number | undefined {
    return this.#peers.get(to)?.roundTrip.smoothMs;
  }

  /** Sends again what has waited for too long. */
  tick(nowMs: number): void {
    for (let due = this.#agenda.take(nowMs); due !== undefined; due = this.#agenda.take(nowMs)) {
      if (this.#pending.get(due.requestId) !== due) continue;
      if (due.dueMs > nowMs) this.#agenda.add(due.dueMs, due);
      else if (due.attempt + 1 >= ATTEMPTS_MAX) this.#giveUp(due);
      else {
        due.attempt += 1;
        due.wasDenied = false;
        this.repeatedCount += 1;
        this.#transmit(due, nowMs);
        this.#agenda.add(due.dueMs, due);
      }
    }
  }

  /** Nobody is at `address` any more: what was asked there has failed. */
  drop(address: string): void {
    this.#peers.delete(address);
    for (const pending of [...this.#pending.values()])
      if (pending.to === address) this.#giveUp(pending);
  }

  #giveUp(pending: Pending): void {
    this.#pending.delete(pending.requestId);
    this.failedCount += 1;
    pending.answered(undefined, pending.requestId);
  }

  #transmit(pending: Pending, nowMs: number): void {
    const { to, requestId, attempt, body } = pending;
    pending.sentMs[attempt] = nowMs;
    pending.dueMs = nowMs + this.#peerOf(to).roundTrip.timeoutMs(attempt);
    this.#parts.send(to, { requestId, attempt, token: this.tokenFor(to), body });
  }

  #peerOf(address: string): Peer {
    let peer = this.#peers.get(address);
    if (peer === undefined) {
      if (this.#peers.size >= PEERS_MAX)
        for (const oldest of this.#peers.keys()) {
          this.#peers.delete(oldest);
          break;
        }
      this.#peers.set(address, (peer = { token: NO_TOKEN, roundTrip: new RoundTrip() }));
    }
    return peer;
  }
}
