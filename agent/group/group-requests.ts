import type { Clock } from "../core/clock.ts";
import type { GroupEvent } from "./group-types.ts";

/** How a vote ended for the one who asked. */
export type VoteEnd =
  | { readonly kind: "decided"; readonly pollId: string; readonly accepted: boolean }
  | { readonly kind: "expired"; readonly pollId: string }
  | { readonly kind: "no-leader" };

/** Most requests of one member that wait for their outcome; more are not taken. */
export const REQUESTS_MAX = 256;

/** What one member has asked for and not yet heard of. */
export class GroupRequests {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, (end: "yes" | "no" | "unknown") => void>();

  /** @param signal aborts when the member leaves: then nothing will be known any more. */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    signal.addEventListener("abort", () => {
      for (const end of [...this.#waiting.values()]) end("unknown");
    });
  }

  get isFull(): boolean {
    return this.#waiting.size >= REQUESTS_MAX;
  }

  /** Resolves with the outcome of `id`, as soon as it is known, or at `untilUtcUs` of cluster time. */
  outcome(id: string, untilUtcUs: number): Promise<"yes" | "no" | "unknown"> {
    return new Promise((resolve) => {
      const over = new AbortController();
      const end = (outcome: "yes" | "no" | "unknown"): void => {
        this.#waiting.delete(id);
        over.abort();
        resolve(outcome);
      };
      this.#waiting.set(id, end);
      const waited = this.#clock.sleepUntilUtc(untilUtcUs, over.signal);
      void waited.then(() => {
        if (!over.signal.aborted) end("unknown");
      });
    });
  }

  /** Takes in what was decided. */
  heard(event: GroupEvent): void {
    if (event.kind === "command") this.#waiting.get(event.proposalId)?.("yes");
    if (event.kind !== "verdict") return;
    const { poll, verdict } = event;
    const end = { accepted: "yes", refused: "no", expired: "unknown" } as const;
    this.#waiting.get(poll.pollId)?.(end[verdict]);
  }
}
