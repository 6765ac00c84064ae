import type { ClientPort, StampedAnswer } from "./client-port.ts";

/**
 * The asking side of a req port: one request at a time. It is busy from the moment of asking until
 * `free` is called, by whoever begins to handle the outcome: so at most one outcome waits.
 */
export class RequestPort<Q, R> implements AsyncDisposable {
  readonly #client: ClientPort<Q, R>;
  readonly #deliver: (outcome: StampedAnswer<R>) => void;
  #isBusy = false;
  #isClosed = false;

  constructor(client: ClientPort<Q, R>, deliver: (outcome: StampedAnswer<R>) => void) {
    this.#client = client;
    this.#deliver = deliver;
  }

  /** See ClientPort. */
  follow(endpoints: readonly string[]): void {
    this.#client.follow(endpoints);
  }

  /**
   * Asks; the outcome is delivered once, within `timeoutMs`.
   * @throws AgentError MESSAGE_MALFORMED when `request` is not of the port's type.
   */
  request(request: Q, timeoutMs: number): "sent" | "busy" {
    if (this.#isBusy) return "busy";
    const frame = this.#client.encode(request);
    this.#isBusy = true;
    void this.#ask(frame, timeoutMs);
    return "sent";
  }

  /** The next request may be sent. */
  free(): void {
    this.#isBusy = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#client[Symbol.asyncDispose]();
  }

  async #ask(frame: Uint8Array, timeoutMs: number): Promise<void> {
    const outcome = await this.#client.ask(frame, timeoutMs);
    if (!this.#isClosed) this.#deliver(outcome);
  }
}
