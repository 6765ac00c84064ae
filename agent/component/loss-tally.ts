import type { Loss } from "./life.ts";

/** A component hears of a port's losses at once, and then at most once in this time. */
export const LOSS_PAUSE_MS = 1_000;

interface Tally {
  readonly port: string;
  readonly side: Loss["side"];
  count: number;
  /** Not told again before this instant of monotonic time. */
  nextMs: number;
}

/** Adds up losses by port and side, so that a flood does not also flood the handler of losses. Pure. */
export class LossTally {
  readonly #tallies: Tally[] = [];

  /** Adds `count` losses; returns when they are to be told, in monotonic ms. */
  add(port: string, side: Loss["side"], count: number): number {
    let tally = this.#tallies.find((each) => each.port === port && each.side === side);
    if (tally === undefined) {
      tally = { port, side, count: 0, nextMs: -Infinity };
      this.#tallies.push(tally);
    }
    tally.count += count;
    return tally.nextMs;
  }

  /** Takes what is to be told at `nowMs`. */
  due(nowMs: number): Loss[] {
    const losses: Loss[] = [];
    for (const tally of this.#tallies) {
      const { port, side, count, nextMs } = tally;
      if (count === 0 || nextMs > nowMs) continue;
      losses.push({ port, side, count });
      tally.count = 0;
      tally.nextMs = nowMs + LOSS_PAUSE_MS;
    }
    return losses;
  }

  /** When the next ones are to be told, in monotonic ms; Infinity: there are none. */
  get nextDueMs(): number {
    let dueMs = Infinity;
    for (const { count, nextMs } of this.#tallies) if (count > 0) dueMs = Math.min(dueMs, nextMs);
    return dueMs;
  }
}
