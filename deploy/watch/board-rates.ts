import type { PortMeasure } from "../../agent/actor/port-counters.ts";
import { countsSince, quantileUs, type TimeCounts } from "../../agent/component/handler-times.ts";
import type { ActorMeasure } from "../../agent/node/measure-desk.ts";
import type { BoardMeasure, ClockStatus } from "./board-measure.ts";

/** What passed through one port between two looks; null: it is not known yet. */
export interface PortRates {
  readonly component: string;
  readonly port: string;
  readonly kind: string;
  /** Messages sent and handled. */
  readonly messagesPerS: number | null;
  readonly waitingCount: number;
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  /** Deadlines missed since the look before. */
  readonly lateCount: number;
  /** Dropped, refused, malformed or missed since the look before. */
  readonly lostCount: number;
  /** Providers that it is connected to; null: it needs none. */
  readonly peerCount: number | null;
  /** Handler times since the look before, to be added up over ports. */
  readonly times: TimeCounts;
}

/** One actor between two looks. */
export interface ActorRates {
  readonly actor: string;
  readonly application: string;
  readonly pid: number;
  /** Of one processor, of its process. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  /** Whether every component answered. */
  readonly isSilent: boolean;
  readonly ports: readonly PortRates[];
}

/** One board between two looks. */
export interface BoardRates {
  readonly board: string;
  readonly clock: ClockStatus;
  readonly actors: readonly ActorRates[];
}

const MS_PER_S = 1_000;

/** What happened on a board between two looks; without the first one only what holds at the moment. Pure. */
export function boardRates(before: BoardMeasure | undefined, now: BoardMeasure): BoardRates {
  const spanMs = before === undefined ? 0 : now.monotonicMs - before.monotonicMs;
  const actors = now.actors.map((actor) => {
    // Another process counts from zero.
    const earlier = before?.actors.find(
      (each) => each.actor === actor.actor && each.pid === actor.pid,
    );
    return actorRates(spanMs > 0 ? earlier : undefined, actor, spanMs);
  });
  return { board: now.board, clock: now.clock, actors };
}

function actorRates(
  before: ActorMeasure | undefined,
  now: ActorMeasure,
  spanMs: number,
): ActorRates {
  const { actor, application, pid, cpuMs, memoryBytes, components } = now;
  const usedMs = cpuMs === null || before?.cpuMs == null ? null : cpuMs - before.cpuMs;
  const earlier = new Map(
    (before?.components ?? []).flatMap(({ component, ports }) =>
      ports.map((port) => [`${component}/${port.port}`, port] as const),
    ),
  );
  const ports = components.flatMap(({ component, ports: all }) =>
    all.map((port) => ({
      component,
      ...portRates(earlier.get(`${component}/${port.port}`), port, spanMs),
    })),
  );
  return {
    ...{ actor, application, pid, memoryBytes },
    cpuPercent: usedMs === null ? null : Math.max(0, (100 * usedMs) / spanMs),
    isSilent: components.length === 0,
    ports,
  };
}

function portRates(
  before: PortMeasure | undefined,
  now: PortMeasure,
  spanMs: number,
): Omit<PortRates, "component"> {
  const { port, kind, waitingCount, peerCount, handlerTimes } = now;
  const times = countsSince(handlerTimes, before?.handlerTimes ?? []);
  const passed = (measure: PortMeasure): number => measure.sentCount + measure.handledCount;
  const lost = (measure: PortMeasure): number =>
    measure.droppedCount + measure.refusedCount + measure.malformedCount + measure.missedCount;
  return {
    ...{ port, kind, waitingCount, peerCount, times },
    messagesPerS:
      before === undefined ? null : ((passed(now) - passed(before)) * MS_PER_S) / spanMs,
    p50Us: quantileUs(times, 0.5),
    p99Us: quantileUs(times, 0.99),
    lateCount: before === undefined ? 0 : now.lateCount - before.lateCount,
    lostCount: before === undefined ? 0 : lost(now) - lost(before),
  };
}
