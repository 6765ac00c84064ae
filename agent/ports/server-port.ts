import type { Wire, WireServer } from "../core/wire.ts";
import type { Exchange } from "./client-port.ts";

/** The answering side of a srv port. */
export class ServerPort implements AsyncDisposable {
  readonly #server: WireServer;
  readonly #counters: { malformedCount: number };

  private constructor(server: WireServer, counters: { malformedCount: number }) {
    this.#server = server;
    this.#counters = counters;
  }

  /** Binds the port; `deliver` gets each request with the function that answers it. */
  static async open<Q, R>(
    wire: Wire,
    types: Exchange<Q, R>,
    deliver: (request: Q, answer: (reply: R) => void) => void,
  ): Promise<ServerPort> {
    const counters = { malformedCount: 0 };
    const server = await wire.server((asked) => {
      const request = types.request.decode(asked.frame);
      if (request === undefined) counters.malformedCount += 1;
      else deliver(request, (answer) => asked.reply(types.reply.encode(answer)));
    });
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
