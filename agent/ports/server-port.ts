import type { Clock } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import type { Wire, WireRequest, WireServer } from "../core/wire.ts";
import type { MessageType } from "../message/message-type.ts";
import type { Exchange } from "./client-port.ts";
import type { ServingOptions } from "./publisher-port.ts";

/** What a serving port is made of. */
export interface ServerParts {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly random: Random;
}

const OPENING_BYTES = 8;

/**
 * The answering side of a srv, rep or ans port. It hands over each request as it comes; in what order
 * they are taken and answered is their owner's to say.
 */
export class ServerPort implements AsyncDisposable {
  readonly #server: WireServer;
  readonly #counters: { malformedCount: number };

  private constructor(server: WireServer, counters: { malformedCount: number }) {
    this.#server = server;
    this.#counters = counters;
  }

  /** Binds the port. */
  static async open<Q, R>(
    { wire, clock, random }: ServerParts,
    types: Exchange<Q, R>,
    deliver: (request: Q, served: ServedRequest<R>) => void,
    { isTimed = false, ...options }: ServingOptions = {},
  ): Promise<ServerPort> {
    const counters = { malformedCount: 0 };
    // Chance tells this opening from all others: numbers begin anew with each.
    const opening = Array.from(random.bytes(OPENING_BYTES), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
    const stampsOf = isTimed ? clock : undefined;
    let count = 0;
    const server = await wire.server((asked) => {
      const request = types.request.decode(asked.frame);
      if (request === undefined) {
        counters.malformedCount += 1;
        return;
      }
      count += 1;
      deliver(request, new ServedRequest(asked, types.reply, `${opening}-${count}`, stampsOf));
    }, options);
    return new ServerPort(server, counters);
  }

  get endpoint(): string {
    return this.#server.endpoint;
  }

  /** Requests dropped because they were not of the port's type. */
  get malformedCount(): number {
    return this.#counters.malformedCount;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

/** One request that waits for its answer. */
export class ServedRequest<R> {
  /** Unique among all requests of all clients, also after restarts on either side. */
  readonly id: string;
  readonly #asked: WireRequest;
  readonly #reply: MessageType<R>;
  readonly #stampsOf: Clock | undefined;
  #isSettled = false;
  /** Told once, when it is answered or refused. */
  settled: (() => void) | undefined;

  constructor(asked: WireRequest, reply: MessageType<R>, id: string, stampsOf: Clock | undefined) {
    this.#asked = asked;
    this.#reply = reply;
    this.id = id;
    this.#stampsOf = stampsOf;
  }

  get sentUtcUs(): number | undefined {
    return this.#asked.sentUtcUs;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /**
   * Only the first answer counts, and none after a refusal.
   * @throws AgentError MESSAGE_MALFORMED when `reply` is not of the port's type.
   */
  answer(reply: R): void {
    if (this.#isSettled) return;
    const frame = this.#reply.encode(reply);
    this.#asked.reply(frame, this.#stampsOf?.utcUs());
    this.#settle();
  }

  /** Tells the client that it will get no answer; ignored after one. */
  refuse(): void {
    if (this.#isSettled) return;
    this.#asked.refuse();
    this.#settle();
  }

  #settle(): void {
    this.#isSettled = true;
    this.settled?.();
  }
}
