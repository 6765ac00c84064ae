import type { Incident } from "../actor/protocol.ts";

/** Incidents of one kind of one actor that are told in one period; more are counted alone. */
const TOLD_MAX = 10;
const PERIOD_MS = 60_000;

interface Tally {
  count: number;
  fromMs: number;
  toldCount: number;
}

/** Counts what goes wrong in one actor, and says what of it is told: a flood drowns nobody. Pure. */
export class IncidentRule {
  readonly #tallies = new Map<Incident["kind"], Tally>();

  /** Counts one; its number among those of its kind when it is to be told, else undefined. */
  happened(kind: Incident["kind"], nowMs: number): number | undefined {
    const tally = this.#tallies.get(kind) ?? { count: 0, fromMs: nowMs, toldCount: 0 };
    this.#tallies.set(kind, tally);
    tally.count += 1;
    if (nowMs - tally.fromMs >= PERIOD_MS) {
      tally.fromMs = nowMs;
      tally.toldCount = 0;
    }
    if (tally.toldCount >= TOLD_MAX) return undefined;
    tally.toldCount += 1;
    return tally.count;
  }

  /** How many there were. */
  countOf(kind: Incident["kind"]): number {
    return this.#tallies.get(kind)?.count ?? 0;
  }
}
