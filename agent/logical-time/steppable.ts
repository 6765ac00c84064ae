/** A clock whose cluster time stands still until it is told to move. */
export interface Steppable {
  utcUs(): number;
  /** Moves cluster time forward and wakes whoever waited for it. */
  advanceTo(utcUs: number): void;
  /** The earliest instant that somebody waits for; undefined when nobody does. */
  nextDueUtcUs(): number | undefined;
}

/** What a process has counted since it started; see Activity in agent/core. */
export interface Counted {
  readonly busyCount: number;
  readonly sentCount: number;
  readonly receivedCount: number;
  readonly positions: ReadonlyMap<string, number>;
}
