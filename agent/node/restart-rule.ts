import type { RestartPolicy } from "../model/instances.ts";

/** Restarts at once the first time, and gives up when a program dies as fast as it starts. */
export const DEFAULT_RESTART_POLICY: RestartPolicy = {
  restartsMax: 10,
  periodMs: 60_000,
  firstDelayMs: 50,
  delayMsMax: 5_000,
};

/**
 * The policy of a program that hosts several actors: the one that allows the fewest restarts a minute,
 * of those that are given. Source: Erlang/OTP supervisor, restart intensity.
 */
export function policyOf(given: readonly (RestartPolicy | null)[]): RestartPolicy {
  const policies = given.filter((policy) => policy !== null);
  const [strictest = DEFAULT_RESTART_POLICY] = policies.sort((a, b) => rateOf(a) - rateOf(b));
  return strictest;
}

function rateOf({ restartsMax, periodMs }: RestartPolicy): number {
  return restartsMax / periodMs;
}

/** Counts the deaths of one program. Pure: told the time. */
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
