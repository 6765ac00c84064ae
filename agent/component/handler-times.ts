/** Sub-buckets of each power of two: a quantile is at most an eighth off. */
const STEPS = 4;
const STEP_BITS = 2;
/** One for each step of each power of two from 1 µs to 2^30 µs, 18 minutes; longer ones are in the last. */
const BUCKET_COUNT = 30 * STEPS;
const US_PER_MS = 1_000;

/** Counts by bucket, without the empty ones: bucket, count, bucket, count … in growing order of buckets. */
export type TimeCounts = readonly number[];

/**
 * How long handlers took, as counts of buckets that grow with the time. Adding allocates nothing.
 * Source: G. Tene, HdrHistogram (logarithmic buckets with linear steps).
 */
export class HandlerTimes {
  readonly #counts = new Uint32Array(BUCKET_COUNT);

  /** Adds one handler's time, in ms. */
  add(durationMs: number): void {
    const bucket = bucketOf(durationMs * US_PER_MS);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  /** All counts since the start. */
  get counts(): TimeCounts {
    const found: number[] = [];
    for (const [bucket, count] of this.#counts.entries()) if (count > 0) found.push(bucket, count);
    return found;
  }
}

/** The bucket of a time in µs. */
export function bucketOf(us: number): number {
  const whole = Math.max(0, Math.floor(us));
  if (whole < STEPS) return whole;
  if (whole >= 2 ** 30) return BUCKET_COUNT - 1;
  const power = 31 - Math.clz32(whole);
  return (power - STEP_BITS + 1) * STEPS + ((whole >> (power - STEP_BITS)) & (STEPS - 1));
}

/** The longest time of a bucket, in µs; not included. */
export function bucketEndUs(bucket: number): number {
  if (bucket < STEPS) return bucket + 1;
  const power = Math.floor(bucket / STEPS) + STEP_BITS - 1;
  return 2 ** power + ((bucket % STEPS) + 1) * 2 ** (power - STEP_BITS);
}

/** What came since `before`; all of `now` when counting began anew in between. */
export function countsSince(now: TimeCounts, before: TimeCounts): TimeCounts {
  const earlier = new Map(pairsOf(before));
  const since = pairsOf(now).map(([bucket, count]) => {
    const left = count - (earlier.get(bucket) ?? 0);
    return [bucket, left] as const;
  });
  if (since.some(([, count]) => count < 0) || sumOf(before) > sumOf(now)) return now;
  return since.filter(([, count]) => count > 0).flat();
}

/** How many are counted. */
export function sumOf(counts: TimeCounts): number {
  return pairsOf(counts).reduce((sum, [, count]) => sum + count, 0);
}

/** The time below which the share `q` (0 to 1) of all lies, in µs, as its bucket's end; null when nothing is counted. */
export function quantileUs(counts: TimeCounts, q: number): number | null {
  let left = Math.max(1, Math.ceil(q * sumOf(counts)));
  for (const [bucket, count] of pairsOf(counts)) {
    left -= count;
    if (left <= 0) return bucketEndUs(bucket);
  }
  return null;
}

/** Buckets and their counts. */
export function pairsOf(counts: TimeCounts): (readonly [bucket: number, count: number])[] {
  const pairs: (readonly [number, number])[] = [];
  for (let at = 0; at + 1 < counts.length; at += 2)
    pairs.push([counts[at] ?? 0, counts[at + 1] ?? 0]);
  return pairs;
}
