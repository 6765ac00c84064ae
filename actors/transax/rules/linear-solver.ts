/** A row of a linear program: lower <= sum of values[i] * x[columns[i]] <= upper. */
export interface LinearRow {
  /** May be -Infinity. */
  readonly lower: number;
  /** May be Infinity. */
  readonly upper: number;
  readonly columns: readonly number[];
  readonly values: readonly number[];
}

/** A linear program over x, with 0 <= x[i] <= upper[i]. */
export interface LinearProgram {
  readonly upper: readonly number[];
  readonly rows: readonly LinearRow[];
  /** Costs per column, maximized one after the other; each keeps the optimum of those before. */
  readonly objectives: readonly (readonly number[])[];
  /** Whether every x must be whole. */
  readonly whole: boolean;
}

/** An optimum: the values of x. */
export interface LinearOptimum {
  /** Of the first objective. */
  readonly objective: number;
  readonly values: ArrayLike<number>;
}

/** An engine that solves linear programs. The body that boards use: highs-solver.ts. */
export interface LinearSolver {
  /** Undefined when the engine found no optimum within its own limits. Equal programs have equal answers. */
  solve(program: LinearProgram): LinearOptimum | undefined;
}
