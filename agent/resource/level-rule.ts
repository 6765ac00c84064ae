/** How a resource stands against its limit, from good to bad. */
export type Stage = "normal" | "warning" | "exceeded";

const ORDER: readonly Stage[] = ["normal", "warning", "exceeded"];

/** What a change of stage or its duration calls for. */
export type StageStep = Stage | "stop";

/**
 * Follows the stage of one resource with hysteresis, and says when a limit was exceeded for too long.
 *
 * A stage begins when the reading rises to it, and ends when the reading falls below a lower mark: a
 * reading that trembles at a limit makes one change, not many. Pure: told the time.
 */
export class LevelRule {
  readonly #graceMs: number;
  #stage: Stage = "normal";
  #exceededSinceMs: number | undefined;
  #stopped = false;

  /** @param graceMs from "exceeded" to "stop", when it stays so; Infinity: never. */
  constructor(graceMs: number) {
    this.#graceMs = graceMs;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /**
   * Takes a reading at `nowMs`: `above` is the stage by the marks that begin stages, `notBelow` by those
   * that end them, never better than `above`. Returns what is new, if anything; "stop" at most once.
   */
  told(nowMs: number, above: Stage, notBelow: Stage): StageStep | undefined {
    const rank = ORDER.indexOf(this.#stage);
    const next =
      ORDER.indexOf(above) > rank ? above : ORDER.indexOf(notBelow) < rank ? notBelow : this.#stage;
    const hasChanged = next !== this.#stage;
    this.#stage = next;
    if (next !== "exceeded") this.#exceededSinceMs = undefined;
    else this.#exceededSinceMs ??= nowMs;
    if (hasChanged) return next;
    const sinceMs = this.#exceededSinceMs;
    if (sinceMs === undefined || this.#stopped || nowMs - sinceMs < this.#graceMs) return undefined;
    this.#stopped = true;
    return "stop";
  }
}
