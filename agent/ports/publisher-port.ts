import type { Activity } from "../core/activity.ts";
import type { Clock } from "../core/clock.ts";
import type { BindOptions, Wire, WirePublisher } from "../core/wire.ts";
import type { MessageType } from "../message/message-type.ts";

/** What ports are made of. */
export interface PortParts {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly activity: Activity;
}

/** How a port that others connect to is opened. */
export interface ServingOptions extends BindOptions {
  /** Whether each message carries the cluster time at which it was sent; default false. */
  readonly isTimed?: boolean;
}

/** A publishing port's options. */
export interface PublisherOptions extends ServingOptions {
  /** Told of copies that found no place in the queue of their subscriber. */
  readonly lost?: (copyCount: number) => void;
}

/** The sending side of a pub port: at most once, in order, waits for no subscriber. */
export class PublisherPort<M> implements AsyncDisposable {
  readonly #message: MessageType<M>;
  readonly #publisher: WirePublisher;
  readonly #activity: Activity;
  readonly #stampsOf: Clock | undefined;
  readonly #lost: ((copyCount: number) => void) | undefined;
  #droppedCount = 0;
  /** Messages published since the start. */
  publishedCount = 0;

  private constructor(
    message: MessageType<M>,
    publisher: WirePublisher,
    { activity, clock }: PortParts,
    { isTimed, lost }: PublisherOptions,
  ) {
    this.#message = message;
    this.#publisher = publisher;
    this.#activity = activity;
    this.#stampsOf = isTimed === true ? clock : undefined;
    this.#lost = lost;
  }

  /** Binds the port. */
  static async open<M>(
    parts: PortParts,
    message: MessageType<M>,
    options: PublisherOptions = {},
  ): Promise<PublisherPort<M>> {
    return new PublisherPort(message, await parts.wire.publisher(options), parts, options);
  }

  get endpoint(): string {
    return this.#publisher.endpoint;
  }

  /** Copies that were not sent, because their subscriber's queue was full. */
  get droppedCount(): number {
    return this.#publisher.droppedCount;
  }

  /**
   * @throws AgentError MESSAGE_MALFORMED when `message` is not of the port's type,
   * WIRE_FRAME_TOO_LARGE when it encodes beyond one frame.
   */
  publish(message: M): void {
    const publisher = this.#publisher;
    const frame = this.#message.encode(message);
    this.#activity.sent(publisher.offer(frame, this.#stampsOf?.utcUs()));
    this.publishedCount += 1;
    const { droppedCount } = publisher;
    if (droppedCount === this.#droppedCount) return;
    this.#lost?.(droppedCount - this.#droppedCount);
    this.#droppedCount = droppedCount;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#publisher[Symbol.asyncDispose]();
  }
}
