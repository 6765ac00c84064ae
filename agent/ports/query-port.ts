import { type ClientPort, none, type StampedAnswer } from "./client-port.ts";

/** Most queries of one port that wait for their answer, or for the answer's handler. */
export const QUERIES_MAX = 10_000;

/**
 * The asking side of a qry port: many queries at once, each with a number of its own. A query counts as
 * outstanding until `free` is called, by whoever begins to handle its outcome.
 */
export class QueryPort<Q, R> implements AsyncDisposable {
  readonly #client: ClientPort<Q, R>;
  readonly #deliver: (outcome: StampedAnswer<R>, queryId: number) => void;
  readonly #outstandingMax: number;
  #outstandingCount = 0;
  #lastId = 0;
  #isClosed = false;

  constructor(
    client: ClientPort<Q, R>,
    deliver: (outcome: StampedAnswer<R>, queryId: number) => void,
    outstandingMax = QUERIES_MAX,
  ) {
    this.#client = client;
    this.#deliver = deliver;
    this.#outstandingMax = outstandingMax;
  }

  /** See ClientPort. */
  follow(endpoints: readonly string[]): void {
    this.#client.follow(endpoints);
  }

  /**
   * Asks, and returns the query's number, from 1 on; the outcome is delivered once, within
   * `timeoutMs`, and never before this returns. One query too many is refused.
   * @throws AgentError MESSAGE_MALFORMED when `request` is not of the port's type.
   */
  ask(request: Q, timeoutMs: number): number {
    const frame = this.#client.encode(request);
    this.#lastId += 1;
    void this.#ask(frame, timeoutMs, this.#lastId);
    return this.#lastId;
  }

  /** One outcome is being handled. */
  free(): void {
    this.#outstandingCount -= 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#client[Symbol.asyncDispose]();
  }

  async #ask(frame: Uint8Array, timeoutMs: number, queryId: number): Promise<void> {
    this.#outstandingCount += 1;
    const isTooMany = this.#outstandingCount > this.#outstandingMax;
    const outcome = isTooMany
      ? await Promise.resolve(none<R>("refused"))
      : await this.#client.ask(frame, timeoutMs);
    if (!this.#isClosed) this.#deliver(outcome, queryId);
  }
}
