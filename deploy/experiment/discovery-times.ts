import type { BoardEvent } from "./events.ts";

/** How one subscriber came to its publisher; times in ms. */
export interface SubscriberTimes {
  readonly board: string;
  /**
   * s1 to s2: from the publisher's registration, or from the subscriber's own where that is later, until the
   * subscriber's agent tells its actor.
   */
  readonly registeredToNotifiedMs: number;
  /** s2 to s3: until the actor has heard it. */
  readonly notifiedToToldMs: number;
  /** s2 to s4: until the link to the publisher is open. */
  readonly notifiedToConnectedMs: number;
}

/** The times of each of `boards` with the one publisher that all events tell of; lost: those that never connected. */
export function discoveryTimes(
  boards: readonly string[],
  events: readonly BoardEvent[],
): { readonly times: readonly SubscriberTimes[]; readonly lost: readonly string[] } {
  const provided = events.find(({ kind, as }) => kind === "registered" && as === "provider");
  const times: SubscriberTimes[] = [];
  const lost: string[] = [];
  for (const board of boards) {
    const own = events.filter((event) => event.board === board);
    const first = (kind: string): BoardEvent | undefined =>
      own.find((event) => event.kind === kind && event.endpoint === provided?.endpoint);
    const requested = own.find(({ kind, as }) => kind === "registered" && as === "requester");
    const [notified, told, connected] = [first("notified"), first("told"), first("connected")];
    if (!provided || !requested || !notified || !told || !connected) lost.push(board);
    else {
      const bothUs = Math.max(provided.atUs, requested.atUs);
      times.push({
        board,
        registeredToNotifiedMs: (notified.atUs - bothUs) / 1_000,
        notifiedToToldMs: (told.atUs - notified.atUs) / 1_000,
        notifiedToConnectedMs: (connected.atUs - notified.atUs) / 1_000,
      });
    }
  }
  return { times, lost };
}
