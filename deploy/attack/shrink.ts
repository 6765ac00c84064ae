import type { FaultLine } from "../../agent/sim/fault-script.ts";

/** Spans are shortened down to this, in µs. */
const SPAN_US_MIN = 1_000;

/**
 * A smallest script that still fails: no line of it can be left out, and no span be cut to three
 * quarters, without the failure being gone. `fails` is asked at most `triesMax` times; then what was reached is the answer.
 * Source: Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002), ddmin.
 */
export async function shrink(
  lines: readonly FaultLine[],
  fails: (lines: readonly FaultLine[]) => Promise<boolean>,
  triesMax = 300,
): Promise<readonly FaultLine[]> {
  let leftCount = triesMax;
  const stillFails = async (candidate: readonly FaultLine[]): Promise<boolean> => {
    if (leftCount <= 0) return false;
    leftCount -= 1;
    return fails(candidate);
  };
  return shorten(await fewer(lines, stillFails), stillFails);
}

type Fails = (lines: readonly FaultLine[]) => Promise<boolean>;

/** Leaves out pieces, large ones first, as long as the failure stays. */
async function fewer(lines: readonly FaultLine[], fails: Fails): Promise<readonly FaultLine[]> {
  let rest = lines;
  if (rest.length > 0 && (await fails([]))) return [];
  let pieceCount = 2;
  while (rest.length > 1) {
    const size = Math.ceil(rest.length / pieceCount);
    let found: readonly FaultLine[] | undefined;
    for (let from = 0; from < rest.length && found === undefined; from += size) {
      const candidate = [...rest.slice(0, from), ...rest.slice(from + size)];
      if (candidate.length < rest.length && (await fails(candidate))) found = candidate;
    }
    if (found !== undefined) {
      rest = found;
      pieceCount = Math.max(2, pieceCount - 1);
    } else if (size === 1) return rest;
    else pieceCount = Math.min(rest.length, 2 * pieceCount);
  }
  return rest;
}

/** Shortens spans, by half and then by a quarter, as long as the failure stays. */
async function shorten(lines: readonly FaultLine[], fails: Fails): Promise<readonly FaultLine[]> {
  let rest = lines;
  for (const index of lines.keys())
    for (const share of [0.5, 0.75])
      for (;;) {
        const candidate = withSpan(rest, index, share);
        if (candidate === undefined || !(await fails(candidate))) break;
        rest = candidate;
      }
  return rest;
}

/** With one span cut to a share of it; undefined when it has none, or is short enough. */
export function withSpan(
  lines: readonly FaultLine[],
  index: number,
  share: number,
): readonly FaultLine[] | undefined {
  const line = lines[index];
  if (line?.forUs === undefined || line.forUs <= SPAN_US_MIN) return undefined;
  // Whole milliseconds are enough, and can be read.
  const forUs = Math.max(SPAN_US_MIN, Math.floor((line.forUs * share) / 1_000) * 1_000);
  return lines.with(index, { ...line, forUs });
}
