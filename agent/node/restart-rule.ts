/** When a dead actor is started again. Source: Erlang/OTP supervisor, restart intensity. */
export interface RestartPolicy {
  /** At most so many restarts within `periodMs`; one more and the agent gives the actor up. */
  readonly restartsMax: number;
  readonly periodMs: number;
  /** Wait before the first restart of a period, in ms; doubles with each further one. */
  readonly firstDelayMs: number;
  readonly delayMsMax: number;
}

/** Restarts at once the first time, and gives up when a program dies as fast as it starts. */
export const DEFAULT_RESTART_POLICY: RestartPolicy = {
  restartsMax: 10,
  periodMs: 60_000,
  firstDelayMs: 50,
  delayMsMax: 5_000,
};

/** Counts the deaths of one actor. Pure: told the time. */
export class RestartRule {
  readonly #policy: RestartPolicy;
  #deathsMs: number[] = [];

  constructor(policy: RestartPolicy = DEFAULT_RESTART_POLICY) {
    this.#policy = policy;
  }

  /** What to do after a death at `nowMs`. */
  died(
    nowMs: number,
  ): { readonly kind: "restart"; readonly delayMs: number } | { readonly kind: "give-up" } {
    const { restartsMax, periodMs, firstDelayMs, delayMsMax } = this.#policy;
    this.#deathsMs = [...this.#deathsMs.filter((atMs) => nowMs - atMs < periodMs), nowMs];
    const count = this.#deathsMs.length;
    if (count > restartsMax) return { kind: "give-up" };
    return { kind: "restart", delayMs: Math.min(firstDelayMs * 2 ** (count - 1), delayMsMax) };
  }
}
