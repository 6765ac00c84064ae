import { type ClockLine, type ClockReading, UNKNOWN_QUALITY } from "./clock.ts";

const PARTS_PER_UNIT = 1_000_000_000;

/** Cluster time that `line` gives for a moment of the oscillator, in µs, not rounded. */
export function utcUsOn(line: ClockLine, monotonicUs: number): number {
  const elapsedUs = monotonicUs - line.atMonotonicUs;
  return line.utcUs + elapsedUs + (elapsedUs * line.ratePpb) / PARTS_PER_UNIT;
}

/** The reading that belongs to `utcUs`, cluster time as it was given out; see Clock.reading. */
export function readingOn(
  line: ClockLine | undefined,
  monotonicUs: number,
  utcUs: number,
): ClockReading {
  if (line === undefined)
    return {
      utcUs,
      earliestUtcUs: Number.NEGATIVE_INFINITY,
      latestUtcUs: Number.POSITIVE_INFINITY,
      quality: UNKNOWN_QUALITY,
    };
  const elapsedUs = Math.abs(monotonicUs - line.atMonotonicUs);
  const boundUs = line.boundUs + (elapsedUs * line.growthPpb) / PARTS_PER_UNIT;
  // Around the line, not around what was given out: a clock that waits for its line is ahead of it.
  const centreUs = utcUsOn(line, monotonicUs);
  return {
    utcUs,
    earliestUtcUs: Math.floor(Math.min(utcUs, centreUs - boundUs)),
    latestUtcUs: Math.ceil(Math.max(utcUs, centreUs + boundUs)),
    quality: line.quality,
  };
}
