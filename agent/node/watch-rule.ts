/** How patient an agent is with a program that says nothing. */
export interface WatchOptions {
  /** A program silent for so long is asked whether its event loop turns, in ms; default 5,000. */
  readonly pingIntervalMs?: number;
  /** Without an answer for so long it is reported to hang, in ms; default 15,000. */
  readonly hangMs?: number;
  /** Without an answer for so long it is killed, in ms; default 60,000. */
  readonly killMs?: number;
}

/** What to do next about one program. */
export type WatchStep =
  | { readonly kind: "wait"; readonly durationMs: number }
  | { readonly kind: "ping"; readonly number: number }
  /** It has not answered for `silentMs`; told once per silence. */
  | { readonly kind: "hangs" | "kill"; readonly silentMs: number };

const DEFAULTS: Required<WatchOptions> = { pingIntervalMs: 5_000, hangMs: 15_000, killMs: 60_000 };

/**
 * Watches one program: asks only when it says nothing by itself, and suspects it only for time in
 * which an answer could have been heard. Pure: told the time.
 */
export class WatchRule {
  readonly #options: Required<WatchOptions>;
  #heardMs: number;
  #pingCount = 0;
  /** Patience used up since the question that waits for an answer; undefined: none does. */
  #silentMs: number | undefined;
  #isReported = false;

  constructor(nowMs: number, options: WatchOptions = {}) {
    this.#heardMs = nowMs;
    this.#options = { ...DEFAULTS, ...options };
  }

  /** The program said something, whatever it was. Returns whether it had been reported to hang. */
  heard(nowMs: number): boolean {
    const wasReported = this.#isReported;
    this.#heardMs = nowMs;
    this.#silentMs = undefined;
    this.#isReported = false;
    return wasReported;
  }

  /** A wait of `durationMs` is over: an agent that was itself held up for longer counts no more. */
  waited(durationMs: number): void {
    if (this.#silentMs !== undefined) this.#silentMs += durationMs;
  }

  /** To be asked again after each step. */
  next(nowMs: number): WatchStep {
    const { pingIntervalMs, hangMs, killMs } = this.#options;
    const silentMs = this.#silentMs;
    if (silentMs === undefined) {
      const restMs = this.#heardMs + pingIntervalMs - nowMs;
      if (restMs > 0) return { kind: "wait", durationMs: restMs };
      this.#silentMs = 0;
      this.#pingCount += 1;
      return { kind: "ping", number: this.#pingCount };
    }
    if (silentMs >= killMs) return { kind: "kill", silentMs };
    if (silentMs >= hangMs && !this.#isReported) {
      this.#isReported = true;
      return { kind: "hangs", silentMs };
    }
    const untilMs = silentMs < hangMs ? Math.min(hangMs, killMs) : killMs;
    return { kind: "wait", durationMs: Math.min(pingIntervalMs, untilMs - silentMs) };
  }
}
