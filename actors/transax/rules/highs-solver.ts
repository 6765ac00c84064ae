import highsDefault, { type Highs, type Model } from "highs";
import type { LinearOptimum, LinearProgram, LinearSolver } from "./linear-solver.ts";

// The package's types describe its CommonJS half, where the loader is one level deeper than in its ES half.
const loadHighs = highsDefault as unknown as typeof highsDefault.default;

/** Most nodes of a search for whole numbers: a bound that does not depend on the speed of the board. */
const SEARCH_NODES_MAX = 2_000;

/**
 * Loads HiGHS (WebAssembly, one instance of about 15 MB) as a LinearSolver. Load it once per process.
 * Source: Huangfu and Hall, "Parallelizing the dual revised simplex method", 2018; npm `highs`.
 */
export async function openHighs(): Promise<LinearSolver> {
  const highs = await loadHighs();
  return { solve: (program) => solveWith(highs, program) };
}

function solveWith(highs: Highs, program: LinearProgram): LinearOptimum | undefined {
  const model = highs.createModel();
  try {
    model.options.set("output_flag", false);
    model.options.set("mip_max_nodes", SEARCH_NODES_MAX);
    // An optimum has to be one: the default would stop a search 0.01 % below it.
    model.options.set("mip_rel_gap", 0);
    pass(highs, model, program);
    return runStages(highs, model, program);
  } finally {
    // Memory of WebAssembly is not garbage collected.
    model.dispose();
  }
}

function pass(
  { constants, infinity }: Highs,
  model: Model,
  { upper, rows, objectives, whole }: LinearProgram,
): void {
  const starts = [0];
  for (const row of rows) starts.push((starts.at(-1) ?? 0) + row.columns.length);
  model.passModel({
    numCols: upper.length,
    numRows: rows.length,
    sense: constants.objectiveSense.maximize,
    colCost: objectives[0] ?? upper.map(() => 0),
    colLower: upper.map(() => 0),
    colUpper: upper,
    rowLower: rows.map((row) => Math.max(row.lower, -infinity)),
    rowUpper: rows.map((row) => Math.min(row.upper, infinity)),
    matrix: {
      format: "csr",
      numRows: rows.length,
      numCols: upper.length,
      starts,
      indices: rows.flatMap((row) => row.columns),
      values: rows.flatMap((row) => row.values),
    },
    ...(whole ? { integrality: upper.map(() => constants.variableType.integer) } : {}),
  });
}

function runStages(highs: Highs, model: Model, program: LinearProgram): LinearOptimum | undefined {
  const columns = program.upper.map((_, column) => column);
  let best: LinearOptimum | undefined;
  for (const [stage, costs] of program.objectives.entries()) {
    if (stage > 0) model.changeColsCost({ kind: "range", from: 0, to: costs.length - 1 }, costs);
    model.run();
    if (model.getModelStatus() !== highs.constants.modelStatus.optimal) return best;
    const value = model.getObjectiveValue();
    best = { objective: best?.objective ?? value, values: model.getSolution().colValue };
    // Keeps this optimum from here on. Data are whole, so an optimum that is nearly whole is meant to be.
    const kept = Math.abs(value - Math.round(value)) < 1e-6 ? Math.round(value) : value - 1e-6;
    const indices = columns.filter((column) => costs[column] !== 0);
    const values = indices.map((column) => costs[column] ?? 0);
    model.addRow(kept, highs.infinity, { indices, values });
  }
  return best;
}
