import type { Oscillator } from "../../agent/core/clock.ts";
import type { SourceReading, TimeSource } from "../../agent/time/time-source.ts";
import {
  chronyReading,
  kindOfSelected,
  type Look,
  parseSources,
  parseTracking,
} from "./chrony-report.ts";
import { PMC_COMMANDS, type PtpTerms, parsePmc, ptpReading, ptpStatus } from "./ptp-report.ts";
import { type RunTool, runTool } from "./run-tool.ts";

/** Less than what the time manager takes for silence (20 s), with room for its ticks. */
const INTERVAL_MS = 12_000;
/** Of Oscillator.systemUtcUs, whose clock shows whole milliseconds. */
const LOOK_US = 500;

/** What sources read with. */
export interface DaemonParts {
  readonly oscillator: Pick<Oscillator, "monotonicUs" | "systemUtcUs">;
  /** Default: programs of this machine. */
  readonly run?: RunTool;
}

/** How often a source was asked, and why it had nothing to say. */
export interface DaemonCounters {
  readonly askedCount: number;
  /** The tool is not there, or its daemon does not answer. */
  readonly silentCount: number;
  /** It answered with what the tool does not say. */
  readonly malformedCount: number;
  /** It is there, and has no time to give. */
  readonly unsetCount: number;
}

/** A daemon of this board as a source of time. */
export interface DaemonSource extends TimeSource {
  readonly counters: DaemonCounters;
}

/** What is common to all daemons. */
interface DaemonTerms {
  /** Asked at most so often, in ms; in between it has nothing new to say. Default 12,000. */
  readonly intervalMs?: number;
}

/** How to reach chronyd. */
export interface ChronyTerms extends DaemonTerms {
  /** Program; default: chronyc in the path. */
  readonly chronyc?: string;
  /** Its Unix socket or host; default: chronyc's own. */
  readonly host?: string;
  /** See kindOfChrony. Default "system". */
  readonly kind?: TimeSource["kind"];
}

/** chrony, and through it whatever chrony follows: NTP, a GPS receiver's pulse, a PTP hardware clock. */
export function chronySource(parts: DaemonParts, terms: ChronyTerms = {}): DaemonSource {
  const { chronyc = "chronyc", kind = "system" } = terms;
  const words = [...hostWords(terms), "-c", "tracking"];
  return source(
    parts,
    { name: "chrony", kind, ...terms, command: chronyc, words },
    (text, look) => {
      const tracking = parseTracking(text);
      return tracking === undefined ? "malformed" : chronyReading(tracking, look);
    },
  );
}

/** What chrony follows now, to be told to `chronySource`; undefined: it does not answer. */
export async function kindOfChrony(
  { run = runTool }: Pick<DaemonParts, "run">,
  terms: ChronyTerms = {},
): Promise<TimeSource["kind"] | undefined> {
  const said = await run(terms.chronyc ?? "chronyc", [...hostWords(terms), "-c", "sources"]);
  const sources = said === undefined ? undefined : parseSources(said);
  return sources && kindOfSelected(sources);
}

/** How to reach ptp4l. */
export interface Ptp4lTerms extends DaemonTerms, PtpTerms {
  /** Program; default: pmc in the path. */
  readonly pmc?: string;
  /** More words for pmc, such as the socket of a second ptp4l. */
  readonly words?: readonly string[];
}

/** ptp4l of linuxptp, asked over its Unix socket, which takes the rights of its user. */
export function ptpSource(parts: DaemonParts, terms: Ptp4lTerms): DaemonSource {
  const { pmc = "pmc" } = terms;
  const words = ["-u", "-b", "0", ...(terms.words ?? []), ...PMC_COMMANDS];
  return source(
    parts,
    { ...terms, name: "ptp4l", kind: "ptp", command: pmc, words },
    (text, look) => {
      const sets = parsePmc(text);
      const status = sets && ptpStatus(sets);
      return status === undefined ? "malformed" : ptpReading(status, look, terms);
    },
  );
}

function hostWords({ host }: ChronyTerms): readonly string[] {
  return host === undefined ? [] : ["-h", host];
}

function source(
  { oscillator, run = runTool }: DaemonParts,
  {
    name,
    kind,
    intervalMs = INTERVAL_MS,
    command,
    words,
  }: DaemonTerms &
    Pick<TimeSource, "name" | "kind"> & {
      readonly command: string;
      readonly words: readonly string[];
    },
  readingOf: (text: string, look: Look) => SourceReading | "malformed" | undefined,
): DaemonSource {
  const counters = { askedCount: 0, silentCount: 0, malformedCount: 0, unsetCount: 0 };
  let dueUs = Number.NEGATIVE_INFINITY;
  return {
    ...{ name, kind, counters },
    async read() {
      const beforeMonotonicUs = oscillator.monotonicUs();
      if (beforeMonotonicUs < dueUs) return undefined;
      dueUs = beforeMonotonicUs + intervalMs * 1_000;
      counters.askedCount += 1;
      const text = await run(command, words);
      const [systemUtcUs, afterMonotonicUs] = [oscillator.systemUtcUs(), oscillator.monotonicUs()];
      if (text === undefined) {
        counters.silentCount += 1;
        return undefined;
      }
      const look = { beforeMonotonicUs, afterMonotonicUs, systemUtcUs, lookUs: LOOK_US };
      const reading = readingOf(text, look);
      if (reading === "malformed") counters.malformedCount += 1;
      else if (reading !== undefined) return reading;
      else counters.unsetCount += 1;
      return undefined;
    },
  };
}
