import type { ClockLine, Oscillator } from "../core/clock.ts";
import type { Channel, Child, Spawner } from "../core/spawner.ts";

/** Down the tree: the line that cluster time follows. */
interface LineMessage {
  readonly hedgerowLine: ClockLine;
}

function isLine(message: unknown): message is LineMessage {
  return typeof message === "object" && message !== null && "hedgerowLine" in message;
}

/**
 * Hands the line that cluster time follows from a board's agent to all programs below it.
 *
 * It shares the channels of the programs, which do not know of it. CLOCK_MONOTONIC is one for all processes
 * of a board, so one line does for all of them; who starts later gets the present one first.
 */
export class LineTree implements Oscillator {
  readonly #own: Oscillator;
  readonly #children = new Set<Child>();
  #line: ClockLine | undefined;

  /** @param own steers this process alone. */
  constructor(own: Oscillator) {
    this.#own = own;
  }

  monotonicUs(): number {
    return this.#own.monotonicUs();
  }

  asleepUs(): number {
    return this.#own.asleepUs();
  }

  systemUtcUs(): number {
    return this.#own.systemUtcUs();
  }

  steer(line: ClockLine): void {
    this.#line = line;
    this.#own.steer(line);
    for (const child of this.#children) child.channel.send({ hedgerowLine: line });
  }

  /** The parent's channel without lines, which this process and all below it follow from now on. */
  channel(parent: Channel): Channel {
    let receiver: ((message: unknown) => void) | undefined;
    const early: unknown[] = [];
    parent.receive((message) => {
      if (isLine(message)) this.steer(message.hedgerowLine);
      else if (receiver === undefined) early.push(message);
      else receiver(message);
    });
    return {
      ...(parent.renewed === undefined ? {} : { renewed: (told) => parent.renewed?.(told) }),
      send: (message) => parent.send(message),
      receive: (next) => {
        receiver = next;
        for (const message of early.splice(0)) next(message);
      },
    };
  }

  /** A spawner whose children follow this process. */
  spawner(inner: Spawner): Spawner {
    return {
      spawn: (call) => this.#followed(inner.spawn(call)),
      survivors: async () => {
        const survivors = await inner.survivors();
        for (const { child } of survivors) this.#followed(child);
        return survivors;
      },
    };
  }

  #followed(child: Child): Child {
    this.#children.add(child);
    if (this.#line !== undefined) child.channel.send({ hedgerowLine: this.#line });
    void child.exited.then(() => this.#children.delete(child));
    return child;
  }
}
