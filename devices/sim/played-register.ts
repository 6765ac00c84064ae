import type { EnergyReading, EnergyRegister } from "../bus/energy-register.ts";

/** A day of measured data for a meter to play. */
export interface PlayedDay {
  /** Net energy per interval, in Wh: positive is production, negative is consumption. */
  readonly netWh: readonly number[];
  /** Begin of the first interval, in µs since 1970. */
  readonly startUtcUs: number;
  readonly intervalMs: number;
}

/**
 * A meter that counts what a recording says, at the time it says. Within an interval it counts evenly,
 * rounded down to whole Wh; before the recording it stands at zero, after it at the sum.
 */
export function playedRegister(day: PlayedDay, utcUs: () => number): EnergyRegister {
  return {
    read: () => Promise.resolve(countedBy(day, utcUs())),
  };
}

function countedBy({ netWh, startUtcUs, intervalMs }: PlayedDay, nowUtcUs: number): EnergyReading {
  const passed = (nowUtcUs - startUtcUs) / (intervalMs * 1_000);
  let importedWh = 0;
  let exportedWh = 0;
  for (const [interval, net] of netWh.entries()) {
    const share = Math.min(1, Math.max(0, passed - interval));
    const wh = Math.floor(Math.abs(net) * share);
    if (net > 0) exportedWh += wh;
    else importedWh += wh;
  }
  return { importedWh, exportedWh };
}
