/** What is known of a number: it lies within, ends included. In µs where nothing else is said. */
export interface Span {
  readonly low: number;
  readonly high: number;
}

/** Half the width of `span`. */
export function halfOf({ low, high }: Span): number {
  return (high - low) / 2;
}

/** The middle of `span`. */
export function middleOf({ low, high }: Span): number {
  return low + (high - low) / 2;
}

/** What both say; undefined when they contradict each other. */
export function intersection(one: Span, other: Span): Span | undefined {
  const low = Math.max(one.low, other.low);
  const high = Math.min(one.high, other.high);
  return low <= high ? { low, high } : undefined;
}

/** `known`, or what both say where they agree. */
export function narrowed(known: Span | undefined, other: Span | undefined): Span | undefined {
  if (known === undefined || other === undefined) return known ?? other;
  return intersection(known, other);
}

/**
 * The least span that holds every point in which all but `falseMax` of `spans` agree: it holds the truth
 * as long as no more than `falseMax` of them lie. Undefined when no point has so many.
 * Source: Marzullo, Owicki, "Maintaining the time in a distributed system" (1983).
 */
export function agreement(spans: readonly Span[], falseMax: number): Span | undefined {
  const needed = spans.length - falseMax;
  if (needed < 1) return undefined;
  const edges = spans.flatMap(({ low, high }) => [
    { at: low, step: 1 },
    { at: high, step: -1 },
  ]);
  // At one point spans begin before others end: they share it.
  edges.sort((one, other) => one.at - other.at || other.step - one.step);
  let count = 0;
  let first: number | undefined;
  let last = 0;
  for (const { at, step } of edges) {
    if (step > 0 && (count += 1) === needed) first ??= at;
    if (step < 0 && (count -= 1) === needed - 1) last = at;
  }
  return first === undefined ? undefined : { low: first, high: last };
}

/**
 * The agreement of the largest number of `spans`, but never of more than all but `falseMin`, and always of
 * more than half of them; undefined when there is none.
 */
export function selection(spans: readonly Span[], falseMin: number): Span | undefined {
  const falseMost = Math.floor((spans.length - 1) / 2);
  for (let falseMax = Math.min(falseMin, spans.length - 1); ; falseMax += 1) {
    if (falseMax > Math.max(falseMost, falseMin) || falseMax >= spans.length) return undefined;
    const agreed = agreement(spans, falseMax);
    if (agreed !== undefined) return agreed;
  }
}
