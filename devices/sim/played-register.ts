import type { EnergyRegister, MeteredEnergy } from "../bus/energy-register.ts";

/** A recording for a meter to play. */
export interface PlayedProfile {
  /** Net energy per interval, in Wh: positive is production, negative is consumption. */
  readonly netWh: readonly number[];
  /** Begin of the first interval, in µs since 1970. */
  readonly startUtcUs: number;
  readonly intervalMs: number;
}

/**
 * A meter that counts what a recording says. Within an interval it counts evenly, in whole Wh rounded
 * down; before and after the recording it stands still.
 */
export function playedRegister(profile: PlayedProfile): EnergyRegister {
  return {
    energyBetween(fromUtcUs, toUtcUs) {
      const from = countedUntil(profile, fromUtcUs);
      const to = countedUntil(profile, toUtcUs);
      return Promise.resolve({
        importedWh: to.importedWh - from.importedWh,
        exportedWh: to.exportedWh - from.exportedWh,
      });
    },
  };
}

function countedUntil(
  { netWh, startUtcUs, intervalMs }: PlayedProfile,
  utcUs: number,
): MeteredEnergy {
  const passed = (utcUs - startUtcUs) / (intervalMs * 1_000);
  let importedWh = 0;
  let exportedWh = 0;
  for (const [interval, net] of netWh.entries()) {
    const share = Math.min(1, passed - interval);
    if (share <= 0) break;
    const wh = Math.floor(Math.abs(net) * share);
    if (net > 0) exportedWh += wh;
    else importedWh += wh;
  }
  return { importedWh, exportedWh };
}
