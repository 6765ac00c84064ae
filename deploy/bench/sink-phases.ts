import type { CallOutcome } from "../../agent/component/calls.ts";
import {
  nowUs,
  type PhaseReport,
  percentilesOf,
  SETTLING_COUNT,
  Times,
  WARM_UP_COUNT,
  WARM_UP_ECHO_COUNT,
} from "./figures.ts";

/** Messages that may be on their way: queues on both sides hold 10,000. */
const CREDIT_COUNT = 2_500;
const CALL_MS_MAX = 20_000;

/** How much one sink measures; `burstCount` 0: nothing. */
export interface SinkCounts {
  readonly latencyCount: number;
  readonly burstCount: number;
  readonly echoCount: number;
  readonly textLength: number;
}

type AskCredit = (
  request: { readonly count: number; readonly ticking: boolean; readonly text: string },
  timeoutMs: number,
) => Promise<CallOutcome<unknown>>;

/** What the bench's sink does with each sample: warms up, then measures a burst, the way, and the round trip. */
export class SinkPhases {
  readonly #counts: SinkCounts;
  readonly #report: (facts: PhaseReport) => void;
  readonly #askCredit: AskCredit;
  readonly #latencies: Times;
  #phase: "pairing" | "warm-up" | "burst" | "settling" | "one way" | "idle" = "pairing";
  #heardCount = 0;
  #askedCount = 0;
  #startUs = 0;
  #next: number | undefined;

  constructor(counts: SinkCounts, report: (facts: PhaseReport) => void, askCredit: AskCredit) {
    this.#counts = counts;
    this.#report = report;
    this.#askCredit = askCredit;
    this.#latencies = new Times(counts.latencyCount);
  }

  /** Takes a sample. A promise only when there is something to wait for. */
  heard({ sequence, sentUs }: { sequence: number; sentUs: number }): Promise<void> | undefined {
    if (this.#next !== undefined && sequence !== this.#next)
      this.#report({ phase: "lost", count: sequence - this.#next });
    this.#next = sequence + 1;
    this.#heardCount += 1;
    switch (this.#phase) {
      case "pairing":
        this.#report({ phase: "paired", atUs: nowUs() });
        if (this.#counts.burstCount > 0) return this.#flood("warm-up");
        this.#phase = "idle";
        return undefined;
      case "warm-up":
        return this.#credited(WARM_UP_COUNT);
      case "burst":
        return this.#credited(this.#counts.burstCount);
      case "settling":
        if (this.#heardCount === SETTLING_COUNT) this.#phase = "one way";
        return undefined;
      case "one way":
        return this.#latencies.add(nowUs() - sentUs) ? undefined : this.#echo();
      case "idle":
        return undefined;
    }
  }

  async #ask(count: number, ticking: boolean, text = ""): Promise<void> {
    const outcome = await this.#askCredit({ count, ticking, text }, CALL_MS_MAX);
    if (outcome.kind !== "reply") throw new Error(`no credit: ${outcome.reason}`);
  }

  async #flood(phase: "warm-up" | "burst"): Promise<void> {
    this.#phase = phase;
    this.#heardCount = 0;
    this.#startUs = nowUs();
    this.#askedCount = 2 * CREDIT_COUNT;
    await this.#ask(CREDIT_COUNT, false);
    await this.#ask(CREDIT_COUNT, false);
  }

  #credited(count: number): Promise<void> | undefined {
    if (this.#heardCount >= count) {
      if (this.#phase === "warm-up") return this.#flood("burst");
      const perSecond = (this.#heardCount * 1e6) / (nowUs() - this.#startUs);
      this.#report({ phase: "burst", perSecond });
      this.#phase = "settling";
      this.#heardCount = 0;
      return this.#ask(0, true);
    }
    if (this.#heardCount % CREDIT_COUNT !== 0 || this.#askedCount >= count) return undefined;
    this.#askedCount += CREDIT_COUNT;
    return this.#ask(CREDIT_COUNT, false);
  }

  async #echo(): Promise<void> {
    this.#report({ phase: "one way", ...percentilesOf(this.#latencies.values) });
    this.#phase = "idle";
    await this.#ask(0, false);
    const { echoCount, textLength } = this.#counts;
    const text = "x".repeat(textLength);
    const trips = new Times(echoCount);
    let beginUs = 0;
    for (let each = -WARM_UP_ECHO_COUNT; each < echoCount; each += 1) {
      const sentUs = nowUs();
      if (each === 0) beginUs = sentUs;
      await this.#ask(0, false, text);
      if (each >= 0) trips.add(nowUs() - sentUs);
    }
    const perSecond = (echoCount * 1e6) / (nowUs() - beginUs);
    this.#report({ phase: "round trip", perSecond, ...percentilesOf(trips.values) });
    this.#report({ phase: "over" });
  }
}
