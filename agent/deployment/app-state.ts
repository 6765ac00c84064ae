import { canonicalText, readCanonical, recordOf } from "../bundle/canonical.ts";

/** What the board keeps in mind of one application: replaced whole, or not at all. */
export interface AppState {
  /** Id of the version that runs after a restart; null: none yet. */
  readonly current: string | null;
  /** The one before, for a roll-back. */
  readonly previous: string | null;
  /** A version that has not proved itself: after a restart `current` runs. */
  readonly trial: string | null;
  /** It was told to stop, and stays so over a restart. */
  readonly isStopped: boolean;
  /** Highest sequence number that was ever kept; -1: none. */
  readonly sequenceMax: number;
  /** The last version that failed, and why. */
  readonly failed: FailedVersion | null;
}

/** A version that was taken back. */
export interface FailedVersion {
  readonly id: string;
  readonly reason: string;
}

/** Of an application that was never here. */
export const NO_STATE: AppState = {
  ...{ current: null, previous: null, trial: null },
  ...{ isStopped: false, sequenceMax: -1, failed: null },
};

const REASON_LENGTH_MAX = 500;

/** `state` as it lies on the disk. */
export function encodeState(state: AppState): Uint8Array {
  const { failed } = state;
  const short = failed && { ...failed, reason: failed.reason.slice(0, REASON_LENGTH_MAX) };
  const text = canonicalText({ ...state, failed: short });
  return new TextEncoder().encode(text);
}

/** The state in these bytes; undefined for anything else. */
export function decodeState(bytes: Uint8Array): AppState | undefined {
  const value = recordOf(readCanonical(new TextDecoder().decode(bytes)));
  if (value === undefined) return undefined;
  const isId = (id: unknown): boolean => id === null || typeof id === "string";
  const { current, previous, trial, isStopped, sequenceMax, failed } = value;
  if (![current, previous, trial].every(isId) || typeof isStopped !== "boolean") return undefined;
  if (!Number.isSafeInteger(sequenceMax)) return undefined;
  const { id, reason } = recordOf(failed) ?? {};
  if (failed !== null && (typeof id !== "string" || typeof reason !== "string")) return undefined;
  return value as unknown as AppState;
}
