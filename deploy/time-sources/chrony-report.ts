import type { SourceReading, TimeSource } from "../../agent/time/time-source.ts";

const US_PER_S = 1_000_000;
/** Largest share of elapsed time by which chrony slews a clock. Source: chrony.conf(5), maxslewrate. */
const SLEW_SHARE_MAX = 0.1;
/** chrony's name for its own clock, 127.127.1.1: it serves time that it has from nobody. */
const OWN_CLOCK_ID = "7F7F0101";
/** By custom clocks that have their time from nobody announce themselves from here on. Source: chrony.conf(5), local. */
const OWN_CLOCK_STRATUM = 10;
const TRACKING_FIELDS = 14;
const SOURCE_FIELDS = 10;
const SOURCES_MAX = 256;

/** What `chronyc -c tracking` says. */
export interface Tracking {
  /** Eight hex digits: an IPv4 address, a hash of an IPv6 address, or four letters of a clock. */
  readonly referenceId: string;
  readonly referenceName: string;
  readonly stratum: number;
  /** When it was last updated, UTC. */
  readonly updatedUtcS: number;
  /** To be added to the system's clock to get UTC; what is left to slew. */
  readonly correctionS: number;
  readonly lastOffsetS: number;
  readonly rootDelayS: number;
  /** Up to the moment of the report. */
  readonly rootDispersionS: number;
  readonly skewPpm: number;
  readonly leap: "normal" | "insert" | "delete" | "unsynchronised";
}

const LEAPS: Readonly<Record<string, Tracking["leap"]>> = {
  Normal: "normal",
  "Insert second": "insert",
  "Delete second": "delete",
  "Not synchronised": "unsynchronised",
};

/** Reads `chronyc -c tracking`; undefined: that is not what it says. Source: chronyc(1), tracking. */
export function parseTracking(text: string): Tracking | undefined {
  const words = text.trim().split(",");
  if (words.length !== TRACKING_FIELDS || text.trim().includes("\n")) return undefined;
  const [referenceId = "", referenceName = ""] = words;
  const numbers = words.slice(2, 13).map(numberOf);
  const leap = LEAPS[words[13] ?? ""];
  if (!/^[0-9A-F]{8}$/.test(referenceId) || leap === undefined) return undefined;
  if (numbers.some((each) => each === undefined)) return undefined;
  const [stratum, updated, correction, last, , , , skew, delay, dispersion] = numbers as number[];
  const tracking = {
    ...{ referenceId, referenceName, stratum: stratum ?? -1, updatedUtcS: updated ?? -1 },
    ...{ correctionS: correction ?? 0, lastOffsetS: last ?? 0, skewPpm: skew ?? 0, leap },
    ...{ rootDelayS: delay ?? -1, rootDispersionS: dispersion ?? -1 },
  };
  const isPossible =
    Number.isInteger(tracking.stratum) && tracking.stratum >= 0 && tracking.stratum <= 16;
  return isPossible && tracking.rootDelayS >= 0 && tracking.rootDispersionS >= 0
    ? tracking
    : undefined;
}

/** A line of `chronyc -c sources`. */
export interface ChronySource {
  readonly mode: "server" | "peer" | "clock";
  /** selected: chrony follows it, alone or with those combined. */
  readonly state: "selected" | "combined" | "usable" | "unusable" | "falseticker" | "unsteady";
  readonly name: string;
  readonly stratum: number;
  /** The last eight attempts, a bit each. */
  readonly reach: number;
}

const MODES: Readonly<Record<string, ChronySource["mode"]>> = {
  "^": "server",
  "=": "peer",
  "#": "clock",
};
const STATES: Readonly<Record<string, ChronySource["state"]>> = {
  "*": "selected",
  "+": "combined",
  "-": "usable",
  "?": "unusable",
  x: "falseticker",
  "~": "unsteady",
};

/** Reads `chronyc -c sources`; undefined: that is not what it says. Source: chronyc(1), sources. */
export function parseSources(text: string): readonly ChronySource[] | undefined {
  const lines = text.split("\n").filter((line) => line !== "");
  if (lines.length > SOURCES_MAX) return undefined;
  const sources: ChronySource[] = [];
  for (const line of lines) {
    const words = line.split(",");
    const [mode, state] = [MODES[words[0] ?? ""], STATES[words[1] ?? ""]];
    const [name = "", stratum, reach] = [words[2], numberOf(words[3]), words[5] ?? ""];
    if (words.length !== SOURCE_FIELDS || mode === undefined || state === undefined)
      return undefined;
    if (stratum === undefined || !/^[0-7]{1,3}$/.test(reach)) return undefined;
    sources.push({ mode, state, name, stratum, reach: Number.parseInt(reach, 8) });
  }
  return sources;
}

/** What chrony gets its time from: a clock of its own board (PPS, PTP hardware), or the network. */
export function kindOfSelected(sources: readonly ChronySource[]): TimeSource["kind"] {
  const selected = sources.find(({ state }) => state === "selected");
  if (selected?.mode !== "clock") return "system";
  return /^(PHC|PTP)/i.test(selected.name) ? "ptp" : "pps";
}

/** The board's clocks right before and after a daemon was asked. */
export interface Look {
  readonly beforeMonotonicUs: number;
  readonly afterMonotonicUs: number;
  /** The system's UTC at `afterMonotonicUs`, wrong by at most `lookUs`. */
  readonly systemUtcUs: number;
  readonly lookUs: number;
}

/**
 * UTC after a look at chrony; undefined while chrony has it from nobody. Bound: root dispersion and half the
 * root delay, as in NTP, and what the clock may have been slewed since the report.
 * Source: RFC 5905, section 11.2 (root distance); chronyc(1), tracking.
 */
export function chronyReading(
  { referenceId, stratum, leap, correctionS, rootDelayS, rootDispersionS, skewPpm }: Tracking,
  { beforeMonotonicUs, afterMonotonicUs, systemUtcUs, lookUs }: Look,
): SourceReading | undefined {
  const isForeign = referenceId !== OWN_CLOCK_ID && referenceId !== "00000000";
  if (leap === "unsynchronised" || !isForeign) return undefined;
  if (stratum < 1 || stratum >= OWN_CLOCK_STRATUM) return undefined;
  const tookUs = afterMonotonicUs - beforeMonotonicUs;
  const slewedUs = Math.min(Math.abs(correctionS) * US_PER_S, tookUs * SLEW_SHARE_MAX);
  const agedUs = (tookUs * Math.abs(skewPpm)) / US_PER_S;
  const distanceUs = (rootDispersionS + rootDelayS / 2) * US_PER_S;
  return {
    atMonotonicUs: afterMonotonicUs,
    utcUs: systemUtcUs + correctionS * US_PER_S,
    boundUs: distanceUs + slewedUs + agedUs + lookUs,
    stratum,
    leapSeconds: leap === "insert" ? 1 : leap === "delete" ? -1 : 0,
  };
}

/** The finite number that `word` is; undefined: it is none. */
function numberOf(word: string | undefined): number | undefined {
  if (word === undefined || !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(word)) return undefined;
  const value = Number(word);
  return Number.isFinite(value) ? value : undefined;
}
