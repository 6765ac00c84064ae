import type { CpuShare, LimitedResource, TrafficLimit } from "../core/resources.ts";
import { LevelRule, type Stage, type StageStep } from "./level-rule.ts";
import { RateWindow } from "./rate-window.ts";

/** What was measured at one moment; absent: not measured this time. */
export interface UsageSample {
  readonly cpuMs?: number;
  readonly memoryBytes?: number;
  readonly spaceBytes?: number;
  readonly traffic?: Traffic;
}

/** What a program has sent and received since its start, in bytes of frames. */
export interface Traffic {
  readonly sentBytes: number;
  /** What it would have sent and was not let. */
  readonly refusedBytes: number;
  readonly receivedBytes: number;
}

/** A resource whose stage has changed, or that stayed exceeded for too long. */
export interface LimitStep {
  readonly resource: LimitedResource;
  readonly step: StageStep;
  /** In per cent of one processor, bytes, or bytes per second. */
  readonly used: number;
  readonly limit: number;
}

/** Judges one resource; times never go back. */
export type Judge = (nowMs: number, sample: UsageSample) => LimitStep | undefined;

/** The interval of a processor limit that gives none. */
const CPU_INTERVAL_MS = 10_000;
/** The rate at which is sent is judged over so long. */
const TRAFFIC_WINDOW_MS = 5000;
/** Short: a single burst that was cut is news, and no reason to end the program. */
const REFUSED_WINDOW_MS = 2000;

/** At which parts of its limit the stages of a resource begin, and below which they end. */
interface Marks {
  readonly warning: number;
  readonly warningEnds: number;
  readonly exceeded: number;
  readonly exceededEnds: number;
}

const BOUND: Marks = { warning: 0.8, warningEnds: 0.7, exceeded: 1, exceededEnds: 0.95 };
/** The system holds it: it is slowed, and cannot exceed. */
const HELD: Marks = { ...BOUND, exceeded: Infinity, exceededEnds: Infinity };
/** A share is for use: only more than that is news. */
const SHARE: Marks = { ...HELD, warning: 1, warningEnds: 0.9 };

/** Processor time as a share over the interval; nothing is said before the first interval has passed. */
export function cpuJudge(share: CpuShare, isHeld: boolean, graceMs: number): Judge {
  const { percent, isHard, intervalMs } = share;
  const window = new RateWindow(intervalMs ?? CPU_INTERVAL_MS);
  const marks = isHard ? (isHeld ? HELD : BOUND) : SHARE;
  const rule = new LevelRule(graceMs);
  return (nowMs, { cpuMs }) => {
    const rate = cpuMs === undefined ? undefined : window.told(nowMs, cpuMs);
    if (rate === undefined) return undefined;
    const used = rate * 100;
    const step = rule.told(nowMs, ...stagesOf(used / percent, marks));
    return step && { resource: "cpu", step, used, limit: percent };
  };
}

/** A number of bytes against its bound. */
export function sizeJudge(resource: "memory" | "space", limit: number, graceMs: number): Judge {
  const rule = new LevelRule(graceMs);
  return (nowMs, { memoryBytes, spaceBytes }) => {
    const used = resource === "memory" ? memoryBytes : spaceBytes;
    if (used === undefined) return undefined;
    const step = rule.told(nowMs, ...stagesOf(used / limit, BOUND));
    return step && { resource, step, used, limit };
  };
}

/** What a program wants to send against its rate, and against its ceiling by what is refused. */
export function trafficJudge(limits: TrafficLimit, graceMs: number): Judge {
  const { rateBytesPerS, ceilBytesPerS } = limits;
  const wanted = new RateWindow(TRAFFIC_WINDOW_MS);
  const refused = new RateWindow(REFUSED_WINDOW_MS);
  const rule = new LevelRule(graceMs);
  return (nowMs, { traffic }) => {
    if (traffic === undefined) return undefined;
    const { sentBytes, refusedBytes } = traffic;
    const wantedPerMs = wanted.told(nowMs, sentBytes + refusedBytes);
    const refusedPerMs = refused.told(nowMs, refusedBytes);
    if (refusedPerMs === undefined) return undefined;
    const used = (wantedPerMs ?? 0) * 1000;
    const stages: readonly [Stage, Stage] =
      refusedPerMs > 0 ? ["exceeded", "exceeded"] : stagesOf(used / rateBytesPerS, SHARE);
    const step = rule.told(nowMs, ...stages);
    const limit = rule.stage === "exceeded" ? (ceilBytesPerS ?? rateBytesPerS) : rateBytesPerS;
    return step && { resource: "network", step, used, limit };
  };
}

/** The stage by the marks at which stages begin, and by those below which they end. */
function stagesOf(part: number, marks: Marks): readonly [above: Stage, notBelow: Stage] {
  const { warning, warningEnds, exceeded, exceededEnds } = marks;
  const above = part > exceeded ? "exceeded" : part > warning ? "warning" : "normal";
  const notBelow = part >= exceededEnds ? "exceeded" : part >= warningEnds ? "warning" : "normal";
  return [above, notBelow];
}
