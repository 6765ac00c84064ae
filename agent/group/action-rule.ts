import type { ClockReading } from "../core/clock.ts";

/** When an action may be taken at all: part of what is voted on, so the same for all members. */
export interface ActionTerms {
  /**
   * What a member does that has missed the instant by more than `lateUsMax`. decline (default): nothing, and it
   * says so; act: it acts all the same, and says so.
   */
  readonly whenLate?: "decline" | "act";
  /** How late is still in time, in µs, 0 or more; default 20,000. */
  readonly lateUsMax?: number;
  /**
   * A member whose clock may be off by more than this declines, in µs, 0 or more. Default 20,000 where the time
   * of the cluster is kept; where nobody keeps it nothing is known of any clock, and all act.
   */
  readonly boundUsMax?: number;
}

/** An action to vote on. */
export interface TimedAction extends ActionTerms {
  readonly atUtcUs: number;
}

/** How one member met an action. */
export interface ActionMeeting {
  /** late: it acted, later than was agreed. The others did not act: too late, or unsure of the time. */
  readonly end: "acted" | "late" | "declined-late" | "declined-clock";
  /** When it acted or declined, on its own reading of cluster time. */
  readonly utcUs: number;
  /** Half of what its clock may have been off by, in µs; undefined: nothing is known of that. */
  readonly boundUs: number | undefined;
}

/** Wake-ups and handlers of a busy board are late by less. */
const LATE_US_MAX = 20_000;
/** A board that comes out of sleep knows the time this well. */
const BOUND_US_MAX = 20_000;

/** What a member does about an action for `atUtcUs` when its turn has come, at `reading`. */
export function meetAction(
  atUtcUs: number,
  { whenLate = "decline", lateUsMax = LATE_US_MAX, boundUsMax }: ActionTerms,
  { utcUs, earliestUtcUs, latestUtcUs, quality }: ClockReading,
): ActionMeeting {
  const halfUs = Math.ceil(Math.max(utcUs - earliestUtcUs, latestUtcUs - utcUs));
  const boundUs = Number.isFinite(halfUs) ? halfUs : undefined;
  const limitUs = boundUsMax ?? (quality.source === "none" ? undefined : BOUND_US_MAX);
  const met = { utcUs: Math.round(utcUs), boundUs };
  const isUnsure = limitUs !== undefined && halfUs > limitUs;
  if (isUnsure) return { ...met, end: "declined-clock" };
  if (utcUs - atUtcUs <= lateUsMax) return { ...met, end: "acted" };
  return { ...met, end: whenLate === "act" ? "late" : "declined-late" };
}

/** Whether it was done, in time or not. */
export function isTaken({ end }: Pick<ActionMeeting, "end">): boolean {
  return end === "acted" || end === "late";
}
