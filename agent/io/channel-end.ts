import assert from "node:assert/strict";
import type { Channel } from "../core/spawner.ts";

/** Messages that may wait for a receiver; a program that sets none by then has a bug. */
const MESSAGES_WAITING_MAX = 100_000;

/** One end of a channel between processes; `post` hands a message to the other one. */
export class ChannelEnd implements Channel {
  readonly #post: (message: unknown) => void;
  #waiting: unknown[] = [];
  #receiver: ((message: unknown) => void) | undefined;

  constructor(post: (message: unknown) => void) {
    this.#post = post;
  }

  send(message: unknown): void {
    this.#post(message);
  }

  receive(receiver: (message: unknown) => void): void {
    this.#receiver = receiver;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) receiver(message);
  }

  /** Takes in what the other end sent. */
  arrived(message: unknown): void {
    if (this.#receiver !== undefined) {
      this.#receiver(message);
      return;
    }
    assert(this.#waiting.length < MESSAGES_WAITING_MAX, "nobody receives from this channel");
    this.#waiting.push(message);
  }
}

/** The end of a child whose parent may be followed by another. */
export class LastingChannelEnd extends ChannelEnd {
  readonly #renewals: (() => void)[];

  /** Whoever owns `renewals` calls them when a new parent has come. */
  constructor(post: (message: unknown) => void, renewals: (() => void)[]) {
    super(post);
    this.#renewals = renewals;
  }

  renewed(listener: () => void): void {
    this.#renewals.push(listener);
  }
}
