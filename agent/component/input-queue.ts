import type { QueuePolicy } from "../model/instances.ts";

/** What waits for a handler, as the scheduler sees it. */
export interface Waiting {
  /** Grows with every arrival at the component. */
  readonly order: number;
  /** By when its handler has to end, in monotonic ms; Infinity: no deadline. */
  readonly deadlineMs: number;
}

/** What waits at a port whose model says nothing else. */
export const DEFAULT_POLICY: QueuePolicy = { lengthMax: 10_000, whenFull: "dropNewest" };

/** Places freed at the front before the array behind is made shorter. */
const FREED_MAX = 1_024;

/** First in, first out, and bounded as its policy says. Pure. */
export class InputQueue<T extends Waiting> {
  readonly policy: QueuePolicy;
  readonly #slackMax: number;
  readonly #items: (T | undefined)[] = [];
  #start = 0;

  /**
   * `slackMax`: how many more a full queue takes whose policy is to refuse; for senders that are told
   * to hold on, and have a few on their way already.
   */
  constructor(policy: QueuePolicy, slackMax = 0) {
    this.policy = policy;
    this.#slackMax = policy.whenFull === "refuse" ? slackMax : 0;
  }

  get length(): number {
    return this.#items.length - this.#start;
  }

  get isFull(): boolean {
    return this.length >= this.policy.lengthMax;
  }

  /** Who is next. */
  get first(): T | undefined {
    return this.#items[this.#start];
  }

  /** The one at `place`, 0 being the first. */
  at(place: number): T | undefined {
    return this.#items[this.#start + place];
  }

  /** Takes `item` in, and returns what found no place: `item` itself, or the oldest, or nobody. */
  offer(item: T): T | undefined {
    let dropped: T | undefined;
    if (this.length >= this.policy.lengthMax + this.#slackMax) {
      if (this.policy.whenFull !== "dropOldest") return item;
      dropped = this.shift();
    }
    this.#items.push(item);
    return dropped;
  }

  /** Takes the first one out. */
  shift(): T | undefined {
    const item = this.first;
    if (item === undefined) return undefined;
    this.#items[this.#start] = undefined;
    this.#start += 1;
    if (this.#start === this.#items.length) this.#items.length = this.#start = 0;
    else if (this.#start >= FREED_MAX && 2 * this.#start >= this.#items.length) {
      this.#items.splice(0, this.#start);
      this.#start = 0;
    }
    return item;
  }
}
