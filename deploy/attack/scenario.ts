import type { FaultLine } from "../../agent/sim/fault-script.ts";
import type { WalkOptions } from "../../agent/sim/fault-walk.ts";
import type { Simulation } from "../../agent/sim/simulation.ts";

/** A scenario that was started, and what must come of it. */
export interface ScenarioRun {
  /** With its invariants. */
  readonly sim: Simulation;
  readonly hosts: readonly string[];
  /** Called when all faults are over: what died and is not watched over is started again. */
  readonly repaired: () => void;
  /** What is not as it must come to be, each in words; empty when all is well. */
  readonly missing: () => readonly string[];
}

/** Something that runs in the simulator and must withstand faults. */
export interface Scenario {
  readonly kind: "simulated";
  /** What must hold, in a line. */
  readonly summary: string;
  /** The faults that a seed draws. */
  readonly walk: WalkOptions;
  /** After the faults all must be well within so long, in ms. */
  readonly liveWithinMs: number;
  readonly start: (seed: number, onRecord?: (line: string) => void) => Promise<ScenarioRun>;
}

/** An attack with a harness of its own: no scripts, no events. */
export interface OwnAttack {
  readonly kind: "own";
  readonly summary: string;
  /** What was broken; undefined: nothing. */
  readonly run: (seed: number) => string | undefined;
}

/** What went wrong in a run. */
export interface Failure {
  /** safety: something that must always hold did not; liveness: what must come true did not. */
  readonly phase: "safety" | "liveness";
  /** Equal for failures of one kind: the name of the invariant. */
  readonly what: string;
  readonly reason: string;
}

/** One run of a scenario. */
export interface Outcome {
  readonly seed: number;
  readonly lines: readonly FaultLine[];
  readonly failure: Failure | undefined;
  /** How many events happened, up to the failure. */
  readonly eventCount: number;
  readonly simulatedMs: number;
  readonly transcriptHash: string;
}
