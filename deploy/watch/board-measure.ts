import type { ActorMeasure } from "../../agent/node/measure-desk.ts";

/** Cluster time of a board as its agent tells it. */
export interface ClockStatus {
  readonly utcUs: number;
  /** How far it may be off; null: nobody knows. */
  readonly boundUs: number | null;
  readonly source: string;
  readonly stratum: number;
  readonly isHoldover: boolean;
}

/** What an agent's method `measure` answers. */
export interface BoardMeasure {
  readonly board: string;
  /** When it was measured, by the board's own monotonic clock. */
  readonly monotonicMs: number;
  readonly clock: ClockStatus;
  readonly actors: readonly ActorMeasure[];
}

/** What one board answered to a question that went to all. */
export type BoardAnswer<R> =
  | { readonly board: string; readonly ok: true; readonly result: R }
  | {
      readonly board: string;
      readonly ok: false;
      readonly error: { readonly code: number; readonly message: string };
    };
