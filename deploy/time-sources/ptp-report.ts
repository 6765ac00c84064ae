import type { SourceReading } from "../../agent/time/time-source.ts";
import type { Look } from "./chrony-report.ts";

const NS_PER_US = 1_000;
const SETS_MAX = 64;
const VALUES_MAX = 64;
/** Accuracy of a grandmaster in µs by its code, from 0x20 on. Source: IEEE 1588-2008, table 6. */
const ACCURACY_US = [
  ...[0.025, 0.1, 0.25, 1, 2.5, 10, 25, 100, 250, 1_000, 2_500, 10_000, 25_000, 100_000],
  ...[250_000, 1_000_000, 10_000_000],
];
const ACCURACY_CODE_MIN = 0x20;

/** What one board answered: values by name, of one data set. */
export type PmcSet = ReadonlyMap<string, string>;

/**
 * Reads what `pmc` prints: the first answer for each data set asked for. Undefined: there is no answer in it,
 * or something that no pmc says. Source: pmc(8).
 */
export function parsePmc(text: string): ReadonlyMap<string, PmcSet> | undefined {
  const sets = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const line of text.split("\n")) {
    if (line.trim() === "" || line.startsWith("sending:")) continue;
    const head = /^\t[0-9a-f.-]+ seq \d+ (RESPONSE|COMMAND) MANAGEMENT ([A-Z0-9_]+)\s*$/.exec(line);
    if (head !== null) {
      const name = head[2] ?? "";
      current = new Map();
      // pmc may reach several clocks: the first is the board's own, over its Unix socket.
      if (!sets.has(name)) sets.set(name, current);
      if (sets.size > SETS_MAX) return undefined;
      continue;
    }
    const pair = /^\t\t(\S+)\s+(\S+)$/.exec(line);
    if (pair === null || current === undefined || current.size >= VALUES_MAX) return undefined;
    current.set(pair[1] ?? "", pair[2] ?? "");
  }
  return sets.size === 0 ? undefined : sets;
}

/** The state of a board's PTP clock. */
export interface PtpStatus {
  /** Such as SLAVE, MASTER, UNCALIBRATED. */
  readonly portState: string;
  /** This board's PTP clock minus the grandmaster's. */
  readonly offsetNs: number;
  readonly pathDelayNs: number;
  readonly stepsRemoved: number;
  readonly hasGrandmaster: boolean;
  /** Undefined: the grandmaster does not know how good it is. */
  readonly accuracyUs: number | undefined;
  readonly leap: -1 | 0 | 1;
}

/** The sets that `ptpStatus` needs, as pmc's commands. */
export const PMC_COMMANDS: readonly string[] = [
  ...["TIME_STATUS_NP", "PORT_DATA_SET", "CURRENT_DATA_SET", "PARENT_DATA_SET"],
  "TIME_PROPERTIES_DATA_SET",
].map((name) => `GET ${name}`);

/** Reads the answers to PMC_COMMANDS; undefined when one is missing or is not what it should be. */
export function ptpStatus(sets: ReadonlyMap<string, PmcSet>): PtpStatus | undefined {
  const of = (set: string, name: string): string => sets.get(set)?.get(name) ?? "";
  const portState = of("PORT_DATA_SET", "portState");
  const gmPresent = of("TIME_STATUS_NP", "gmPresent");
  const offsetNs = numberOf(of("TIME_STATUS_NP", "master_offset"));
  const pathDelayNs = numberOf(of("CURRENT_DATA_SET", "meanPathDelay"));
  const stepsRemoved = numberOf(of("CURRENT_DATA_SET", "stepsRemoved"));
  const accuracy = of("PARENT_DATA_SET", "gm.ClockAccuracy");
  const [leap61, leap59] = ["leap61", "leap59"].map((each) => of("TIME_PROPERTIES_DATA_SET", each));
  if (!/^[A-Z_]+$/.test(portState) || !/^(true|false)$/.test(gmPresent)) return undefined;
  if (offsetNs === undefined || pathDelayNs === undefined || stepsRemoved === undefined)
    return undefined;
  if (!/^0x[0-9a-f]{2}$/i.test(accuracy) || !/^[01]$/.test(leap61 ?? "")) return undefined;
  if (!/^[01]$/.test(leap59 ?? "") || stepsRemoved < 0) return undefined;
  return {
    ...{ portState, offsetNs, pathDelayNs, stepsRemoved },
    hasGrandmaster: gmPresent === "true",
    accuracyUs: ACCURACY_US[Number(accuracy) - ACCURACY_CODE_MIN],
    leap: leap61 === "1" ? 1 : leap59 === "1" ? -1 : 0,
  };
}

/** How ptp4l is set up on this board. */
export interface PtpTerms {
  /** software: ptp4l sets the system's clock. hardware: the network controller's, and phc2sys the system's after it. */
  readonly stamping: "software" | "hardware";
  /** ptp4l measures and sets nothing (`free_running`): offsets are of the system's clock and are taken off. */
  readonly isFreeRunning?: boolean;
  /** How far phc2sys may leave the system's clock from the controller's, in µs; with hardware stamping. Default 50. */
  readonly systemLagUs?: number;
}

/**
 * UTC after a look at ptp4l; undefined unless the board follows a grandmaster that says how good it is.
 * Bound: the grandmaster's accuracy, the board's offset, and the whole path delay, as asymmetry may be.
 */
export function ptpReading(
  status: PtpStatus,
  { afterMonotonicUs, systemUtcUs, lookUs }: Look,
  { stamping, isFreeRunning = false, systemLagUs = 50 }: PtpTerms,
): SourceReading | undefined {
  const { portState, offsetNs, pathDelayNs, stepsRemoved, hasGrandmaster, accuracyUs } = status;
  const follows = portState === "SLAVE" || (isFreeRunning && portState === "UNCALIBRATED");
  if (!follows || !hasGrandmaster || accuracyUs === undefined || stepsRemoved < 1) return undefined;
  const offsetUs = offsetNs / NS_PER_US;
  const lagUs = stamping === "hardware" ? systemLagUs : 0;
  return {
    atMonotonicUs: afterMonotonicUs,
    utcUs: systemUtcUs - (isFreeRunning ? offsetUs : 0),
    boundUs:
      accuracyUs +
      Math.abs(isFreeRunning ? 0 : offsetUs) +
      Math.abs(pathDelayNs) / NS_PER_US +
      lagUs +
      lookUs,
    // The grandmaster is 1; whoever follows it is one more.
    stratum: Math.min(15, stepsRemoved + 1),
    leapSeconds: status.leap,
  };
}

function numberOf(word: string): number | undefined {
  return /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : undefined;
}
