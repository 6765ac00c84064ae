import type { Clock } from "../core/clock.ts";
import type { Wire, WireClient } from "../core/wire.ts";
import type { MessageType } from "../message/message-type.ts";
import { differences } from "./differences.ts";

/** How a request ended, as the wire and the reply's check tell. */
export type Answer<R> =
  | { readonly kind: "reply"; readonly reply: R }
  | {
      readonly kind: "no-reply";
      readonly reason: "no-server" | "timeout" | "malformed" | "refused" | "lost";
    };

/** The message types of a client or server port. */
export interface Exchange<Q, R> {
  readonly request: MessageType<Q>;
  readonly reply: MessageType<R>;
}

/** The asking side of a clt port. Uses the first known server in the order of endpoints. */
export class ClientPort<Q, R> implements AsyncDisposable {
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #types: Exchange<Q, R>;
  readonly #clients = new Map<string, WireClient>();
  #known: ReadonlySet<string> = new Set();
  #arrival = new AbortController();

  constructor(parts: { readonly wire: Wire; readonly clock: Clock }, types: Exchange<Q, R>) {
    this.#wire = parts.wire;
    this.#clock = parts.clock;
    this.#types = types;
  }

  /** Knows exactly these servers from now on. */
  follow(endpoints: readonly string[]): void {
    const { added, removed, next } = differences(this.#known, [...endpoints].sort());
    for (const endpoint of removed) void this.#close(endpoint);
    for (const endpoint of added) this.#clients.set(endpoint, this.#wire.client(endpoint));
    this.#known = next;
    if (next.size > 0) this.#arrival.abort();
  }

  /**
   * Asks, and waits at most `timeoutMs` in all: for a server to be known, and for its reply.
   * @throws AgentError MESSAGE_MALFORMED when `request` is not of the port's type.
   */
  async request(request: Q, timeoutMs: number): Promise<Answer<R>> {
    const frame = this.#types.request.encode(request);
    const startMs = this.#clock.monotonicMs();
    if (this.#known.size === 0) await this.#arrived(timeoutMs);
    const [endpoint] = [...this.#known].sort();
    const client = endpoint === undefined ? undefined : this.#clients.get(endpoint);
    if (client === undefined) return { kind: "no-reply", reason: "no-server" };
    const restMs = Math.max(0, timeoutMs - (this.#clock.monotonicMs() - startMs));
    const answer = await client.request(frame, restMs);
    if (answer.kind === "none") return { kind: "no-reply", reason: answer.reason };
    const reply = this.#types.reply.decode(answer.frame);
    return reply === undefined
      ? { kind: "no-reply", reason: "malformed" }
      : { kind: "reply", reply };
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
    this.#known = new Set();
    this.#arrival.abort();
    await Promise.all([...this.#clients.keys()].map((endpoint) => this.#close(endpoint)));
  }
}
