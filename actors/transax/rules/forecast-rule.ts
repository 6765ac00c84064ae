/** Chance, as agent/core's Random gives it. */
export interface Chance {
  /** Uniform in [0, 1). */
  next(): number;
}

/**
 * A forecast that errs: each value times 1 + `relativeError` * z, where z is standard normal, in whole Wh.
 * Production stays production and consumption consumption: a factor below 0 counts as 0. Takes two draws
 * per value, also when relativeError is 0, so that a seed gives one series for every size of error.
 * Source: TRANSAX, evaluation with forecast errors of 0 to 35 %.
 */
export function perturbedForecast(
  netWh: readonly number[],
  relativeError: number,
  chance: Chance,
): readonly number[] {
  return netWh.map((value) => {
    const factor = Math.max(0, 1 + relativeError * standardNormal(chance));
    const perturbed = Math.round(value * factor);
    return perturbed === 0 ? 0 : perturbed;
  });
}

/** Box and Muller's transformation, its cosine half; 1 - next() is never 0. */
function standardNormal(chance: Chance): number {
  const radius = Math.sqrt(-2 * Math.log(1 - chance.next()));
  return radius * Math.cos(2 * Math.PI * chance.next());
}
