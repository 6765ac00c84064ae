import { infeasibilityOf } from "./feasible.ts";
import type { LinearOptimum, LinearSolver } from "./linear-solver.ts";
import type { Assignment, LimitsOf, Offer, Trade } from "./market-terms.ts";
import { pairUp } from "./pairing-rule.ts";
import { priceAssignments } from "./price-rule.ts";
import { largestAssignments, wholeAssignments } from "./repair-rule.ts";
import { ASSIGNMENTS_MAX, compareTrades } from "./solution-codec.ts";
import { type Component, componentsOf, programOf, type TradingProblem } from "./trading-program.ts";

/** Trades that the market will take, in the order that `encodeSolution` packs them in. */
export interface Solution {
  readonly trades: readonly Trade[];
  readonly totalWh: number;
}

/** How far from a whole number an engine's value may be and still mean it. */
const WHOLE_TOLERANCE = 1e-5;

/**
 * Finds the trades that move most energy, in whole Wh, with prices.
 *
 * Every component is solved alone as a linear program. Its optimum is whole as a rule; when it is not, it is
 * rounded and repaired, and if that loses more than the fraction, searched again in whole numbers. Of equal
 * optima: see programOf. An interval keeps its ASSIGNMENTS_MAX largest assignments. The answer is a function of the problem and the engine alone.
 * Source: TRANSAX, the energy trading problem.
 * @throws Error when the answer is not feasible, which is a bug here.
 */
export function solveTrading(problem: TradingProblem, solver: LinearSolver): Solution {
  const offerOf = new Map(problem.offers.map((offer) => [offer.offerId, offer]));
  const { limits } = problem;
  const assignments = componentsOf(problem).flatMap((component) =>
    largestAssignments(
      component,
      limits,
      solveComponent(component, limits, solver),
      ASSIGNMENTS_MAX,
    ),
  );
  const trades = [...priceAssignments(assignments, (id) => known(offerOf.get(id)))];
  trades.sort(compareTrades);
  const broken = infeasibilityOf(problem, trades);
  if (broken !== undefined) throw new Error(`the solver's answer is not feasible: ${broken}`);
  return { trades, totalWh: totalWh(trades) };
}

function solveComponent(
  component: Component,
  limits: LimitsOf,
  solver: LinearSolver,
): readonly Assignment[] {
  const program = programOf(component, limits);
  const real = solver.solve(program);
  // Without an answer from the engine, filling in order is still a feasible one.
  if (real === undefined) return wholeAssignments(component, limits, []);
  if (isWhole(component, real)) return pairAmounts(component, real, Math.round);
  const repaired = wholeAssignments(
    component,
    limits,
    pairAmounts(component, real, (x) => x),
  );
  if (totalWh(repaired) >= Math.floor(real.objective + WHOLE_TOLERANCE)) return repaired;
  const whole = solver.solve({ ...program, whole: true });
  if (whole === undefined || !isWhole(component, whole)) return repaired;
  const searched = pairAmounts(component, whole, Math.round);
  return totalWh(searched) > totalWh(repaired) ? searched : repaired;
}

function pairAmounts(
  { intervals, slots }: Component,
  { values }: LinearOptimum,
  round: (value: number) => number,
): readonly Assignment[] {
  const amounts = slots.map(({ offer, interval }, column) => ({
    offer,
    interval,
    energyWh: round(values[column] ?? 0),
  }));
  return intervals.flatMap((interval) =>
    pairUp(
      interval,
      amounts.filter((amount) => amount.interval === interval),
    ),
  );
}

function isWhole({ slots }: Component, { values }: LinearOptimum): boolean {
  return slots.every((_, column) => {
    const value = values[column] ?? 0;
    return Math.abs(value - Math.round(value)) <= WHOLE_TOLERANCE;
  });
}

function totalWh(assignments: readonly Assignment[]): number {
  return assignments.reduce((sum, { energyWh }) => sum + energyWh, 0);
}

function known(offer: Offer | undefined): Offer {
  if (offer === undefined) throw new RangeError("an assignment names an offer of its own problem");
  return offer;
}
