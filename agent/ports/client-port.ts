import type { Clock } from "../core/clock.ts";
import type { LinkState, Wire, WireClient } from "../core/wire.ts";
import type { MessageType } from "../message/message-type.ts";
import { differences } from "./differences.ts";

/** How a request ended, as the wire and the reply's check tell. */
export type Answer<R> =
  | { readonly kind: "reply"; readonly reply: R }
  | {
      readonly kind: "no-reply";
      readonly reason: "no-server" | "timeout" | "malformed" | "refused" | "lost";
    };

/** An answer with the time stamp of its sender, for those that send one. */
export interface StampedAnswer<R> {
  readonly answer: Answer<R>;
  readonly sentUtcUs: number | undefined;
}

/** The message types of a client or server port. */
export interface Exchange<Q, R> {
  readonly request: MessageType<Q>;
  readonly reply: MessageType<R>;
}

/** A requesting port's options. */
export interface ClientOptions {
  /** Whether each request carries the cluster time at which it was sent; default false. */
  readonly isTimed?: boolean;
}

/** The asking side of a clt port. Uses the first known server in the order of endpoints. */
export class ClientPort<Q, R> implements AsyncDisposable {
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #types: Exchange<Q, R>;
  readonly #isTimed: boolean;
  readonly #clients = new Map<string, WireClient>();
  #known: ReadonlySet<string> = new Set();
  /** The client of the first of them. */
  #first: WireClient | undefined;
  #arrival = new AbortController();
  #isClosed = false;
  /** Requests since the start. */
  sentCount = 0;
  /** Replies dropped because they were not of the port's type. */
  malformedCount = 0;

  constructor(
    parts: { readonly wire: Wire; readonly clock: Clock },
    types: Exchange<Q, R>,
    { isTimed = false }: ClientOptions = {},
  ) {
    this.#wire = parts.wire;
    this.#clock = parts.clock;
    this.#types = types;
    this.#isTimed = isTimed;
  }

  /** Knows exactly these servers from now on; what was asked of another one is lost. */
  follow(endpoints: readonly string[]): void {
    if (this.#isClosed) return;
    const { added, removed, next } = differences(this.#known, [...endpoints].sort());
    for (const endpoint of removed) void this.#close(endpoint);
    for (const endpoint of added) this.#clients.set(endpoint, this.#wire.client(endpoint));
    this.#known = next;
    const [first] = next;
    this.#first = first === undefined ? undefined : this.#clients.get(first);
    if (next.size > 0) this.#arrival.abort();
  }

  /** How it stands with each of them. */
  links(): readonly LinkState[] {
    return Array.from(this.#clients.values(), (client) => client.link());
  }

  /**
   * Asks, and waits at most `timeoutMs` in all: for a server to be known, and for its reply.
   * @throws AgentError MESSAGE_MALFORMED when `request` is not of the port's type.
   */
  async request(request: Q, timeoutMs: number): Promise<Answer<R>> {
    return (await this.ask(this.encode(request), timeoutMs)).answer;
  }

  /** @throws AgentError MESSAGE_MALFORMED when `request` is not of the port's type. */
  encode(request: Q): Uint8Array {
    return this.#types.request.encode(request);
  }

  /** As `request`, of an encoded one; resolves in any case. */
  async ask(frame: Uint8Array, timeoutMs: number): Promise<StampedAnswer<R>> {
    this.sentCount += 1;
    let restMs = timeoutMs;
    if (this.#first === undefined && !this.#isClosed) {
      const startMs = this.#clock.monotonicMs();
      await this.#arrived(timeoutMs);
      restMs = Math.max(0, timeoutMs - (this.#clock.monotonicMs() - startMs));
    }
    const client = this.#first;
    if (client === undefined) return none("no-server");
    const stampUtcUs = this.#isTimed ? this.#clock.utcUs() : undefined;
    const outcome = await client.request(frame, restMs, stampUtcUs);
    if (outcome.kind === "none") return none(outcome.reason);
    const { sentUtcUs } = outcome;
    const reply = this.#types.reply.decode(outcome.frame);
    if (reply !== undefined) return { answer: { kind: "reply", reply }, sentUtcUs };
    this.malformedCount += 1;
    return none("malformed");
  }

  async #arrived(timeoutMs: number): Promise<void> {
    if (this.#arrival.signal.aborted) this.#arrival = new AbortController();
    await this.#clock.sleep(timeoutMs, this.#arrival.signal);
  }

  async #close(endpoint: string): Promise<void> {
    const client = this.#clients.get(endpoint);
    this.#clients.delete(endpoint);
    await client?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#known = new Set();
    this.#first = undefined;
    this.#arrival.abort();
    await Promise.all([...this.#clients.keys()].map((endpoint) => this.#close(endpoint)));
  }
}

/** An outcome without a reply. */
export function none<R>(
  reason: Extract<Answer<R>, { readonly kind: "no-reply" }>["reason"],
): StampedAnswer<R> {
  return { answer: { kind: "no-reply", reason }, sentUtcUs: undefined };
}
