import type { Activity } from "../core/activity.ts";
import type { LinkState, Wire, WireSubscriber } from "../core/wire.ts";
import type { MessageType } from "../message/message-type.ts";
import { differences } from "./differences.ts";

/** The receiving side of a sub port: checks each frame, and lets only messages of its type through. */
export class SubscriberPort<M> implements AsyncDisposable {
  readonly #subscriber: WireSubscriber;
  #endpoints: ReadonlySet<string> = new Set();
  /** Frames dropped because they were not of the port's type. */
  malformedCount = 0;

  constructor(
    parts: { readonly wire: Wire; readonly activity: Activity },
    message: MessageType<M>,
    deliver: (message: M, sentUtcUs: number | undefined) => void,
  ) {
    this.#subscriber = parts.wire.subscriber((frame, sentUtcUs) => {
      const decoded = message.decode(frame);
      // Deliver first: logical time must see the work before it sees the copy arrive.
      if (decoded === undefined) this.malformedCount += 1;
      else deliver(decoded, sentUtcUs);
      parts.activity.received(1);
    });
  }

  /** Follows exactly these publishers from now on. */
  follow(endpoints: readonly string[]): void {
    const { added, removed, next } = differences(this.#endpoints, endpoints);
    for (const endpoint of removed) this.#subscriber.disconnect(endpoint);
    for (const endpoint of added) this.#subscriber.connect(endpoint);
    this.#endpoints = next;
  }

  /** How it stands with each of them. */
  links(): readonly LinkState[] {
    return this.#subscriber.links();
  }

  /** Lets publishers wait, or no longer; what is here already still comes. */
  hold(isFull: boolean): void {
    if (isFull) this.#subscriber.pause();
    else this.#subscriber.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscriber[Symbol.asyncDispose]();
  }
}
