import type { Activity } from "../core/activity.ts";
import type { Wire, WirePublisher } from "../core/wire.ts";
import type { MessageType } from "../message/message-type.ts";

/** The sending side of a pub port: at most once, in order, waits for no subscriber. */
export class PublisherPort<M> implements AsyncDisposable {
  readonly #message: MessageType<M>;
  readonly #publisher: WirePublisher;
  readonly #activity: Activity;
  /** Messages published since the start. */
  publishedCount = 0;

  private constructor(message: MessageType<M>, publisher: WirePublisher, activity: Activity) {
    this.#message = message;
    this.#publisher = publisher;
    this.#activity = activity;
  }

  /** Binds the port. */
  static async open<M>(
    wire: Wire,
    activity: Activity,
    message: MessageType<M>,
  ): Promise<PublisherPort<M>> {
    return new PublisherPort(message, await wire.publisher(), activity);
  }

  get endpoint(): string {
    return this.#publisher.endpoint;
  }

  /**
   * @throws AgentError MESSAGE_MALFORMED when `message` is not of the port's type,
   * WIRE_FRAME_TOO_LARGE when it encodes beyond one frame.
   */
  publish(message: M): void {
    this.#activity.sent(this.#publisher.offer(this.#message.encode(message)));
    this.publishedCount += 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#publisher[Symbol.asyncDispose]();
  }
}
