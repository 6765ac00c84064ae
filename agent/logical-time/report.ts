import type { Counted, Steppable } from "./steppable.ts";

/** Lowest and highest position that followers of one stream have reached. */
export type Span = readonly [lowest: number, highest: number];

/** What a process and all it started have to say at one wave, when none of them has work left. */
export interface Report {
  readonly sentCount: number;
  readonly receivedCount: number;
  /** Earliest instant that anybody waits for. */
  readonly nextDueUtcUs: number | undefined;
  readonly positions: Readonly<Record<string, Span>>;
}

/** The report of one process alone. */
export function ownReport(counted: Counted, clock: Steppable): Report {
  const positions = Object.fromEntries(
    [...counted.positions].map(([stream, position]) => [stream, [position, position] as const]),
  );
  const { sentCount, receivedCount } = counted;
  return { sentCount, receivedCount, nextDueUtcUs: clock.nextDueUtcUs(), positions };
}

/** Two reports as one. */
export function joined(one: Report, other: Report): Report {
  const dues = [one.nextDueUtcUs, other.nextDueUtcUs].filter((due) => due !== undefined);
  const positions: Record<string, Span> = { ...one.positions };
  for (const [stream, [low, high]] of Object.entries(other.positions)) {
    const [lowest, highest] = positions[stream] ?? [low, high];
    positions[stream] = [Math.min(lowest, low), Math.max(highest, high)];
  }
  return {
    sentCount: one.sentCount + other.sentCount,
    receivedCount: one.receivedCount + other.receivedCount,
    nextDueUtcUs: dues.length === 0 ? undefined : Math.min(...dues),
    positions,
  };
}

/**
 * Whether nothing is on its way, as far as one wave can tell: every copy sent has arrived, and all
 * followers of each stream are level.
 */
export function isLevel({ sentCount, receivedCount, positions }: Report): boolean {
  const level = Object.values(positions).every(([lowest, highest]) => lowest === highest);
  return level && sentCount === receivedCount;
}

/** Whether nothing happened between two waves. */
export function isSame(one: Report, other: Report): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
