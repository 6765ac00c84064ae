import type { TimeCounts } from "../component/handler-times.ts";
import type { Lane } from "../component/lane.ts";
import type { LinkState } from "../core/wire.ts";

/** What passed through one port since its component started; plain data. */
export interface PortCounters {
  /** Messages published, or requests asked. */
  readonly sentCount: number;
  /** What came in for a handler: messages, requests, outcomes, ticks. */
  readonly receivedCount: number;
  /** Handlers that ran, also those that threw. */
  readonly handledCount: number;
  /** Lost at a full queue: of this port, or of a subscriber. */
  readonly droppedCount: number;
  /** Requests that were told that the queue is full. */
  readonly refusedCount: number;
  /** Not of the port's type. */
  readonly malformedCount: number;
  /** Deadlines that were not kept. */
  readonly lateCount: number;
  /** Ticks of a timer that came to nothing. */
  readonly missedCount: number;
  /** Waiting for their handlers at this moment. */
  readonly waitingCount: number;
  /** How long handlers took, as far as somebody wanted to know. */
  readonly handlerTimes: TimeCounts;
}

/** What passed through a port, and whether it is connected; plain data. */
export interface PortMeasure extends PortCounters {
  readonly port: string;
  /** As the model names it. */
  readonly kind: string;
  /** How many providers it is connected to; null: it needs none. */
  readonly peerCount: number | null;
  /** Set when the question was for links; null: it connects to nobody. */
  readonly links?: PortLinks | null;
}

/** To whom a port connects, and how far it has come; plain data. */
export interface PortLinks {
  /** Under which it meets its providers; null: it has those alone that the deployment names. */
  readonly key: string | null;
  /** Whether what it sends or asks carries cluster time. */
  readonly isTimed: boolean;
  readonly links: readonly LinkState[];
}

/** The ports of one component; plain data. */
export interface ComponentMeasure {
  readonly component: string;
  readonly ports: readonly PortMeasure[];
}

/** How long handlers are timed after somebody wanted to know, in ms. */
export const TIMED_MS = 15_000;

type Own = Partial<
  Pick<PortCounters, "sentCount" | "droppedCount" | "malformedCount" | "missedCount">
>;

/** The counters of a port and of the lane before its handler, if it has one. */
export function countersOf(lane: Lane | undefined, own: Own): PortCounters {
  return {
    sentCount: own.sentCount ?? 0,
    receivedCount: lane?.receivedCount ?? 0,
    handledCount: lane?.handledCount ?? 0,
    droppedCount: (lane?.droppedCount ?? 0) + (own.droppedCount ?? 0),
    refusedCount: lane?.refusedCount ?? 0,
    malformedCount: own.malformedCount ?? 0,
    lateCount: lane?.lateCount ?? 0,
    missedCount: own.missedCount ?? 0,
    waitingCount: lane?.length ?? 0,
    handlerTimes: lane?.times?.counts ?? [],
  };
}
