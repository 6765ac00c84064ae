import { quantileUs, type TimeCounts } from "../../agent/component/handler-times.ts";
import type { ActorRates, BoardRates, PortRates } from "./board-rates.ts";

/** One row of any view: of a port, an actor or a board. */
export interface TopRow
  extends Pick<
    PortRates,
    "kind" | "messagesPerS" | "waitingCount" | "p50Us" | "p99Us" | "lateCount" | "lostCount"
  > {
  readonly board: string;
  readonly actor: string;
  readonly application: string;
  readonly pid: number | null;
  /** component.port */
  readonly port: string;
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  readonly boundUs: number | null;
  readonly clock: string;
  readonly actorCount: number;
}

/** What a row stands for. */
export const VIEWS = ["ports", "actors", "boards"] as const;
/** One of them. */
export type View = (typeof VIEWS)[number];

/** What rows are ordered by: the largest first, but names. */
export const SORTS = ["rate", "queue", "p99", "late", "lost", "cpu", "memory", "name"] as const;
/** One of them. */
export type Sort = (typeof SORTS)[number];

/** The rows of a view, in order. Pure. */
export function topRows(boards: readonly BoardRates[], view: View, sort: Sort): readonly TopRow[] {
  const rows = boards.flatMap((board) => rowsOf(board, view));
  return [...rows].sort((one, other) => {
    const [mine, theirs] = [valueOf(one, sort), valueOf(other, sort)];
    return theirs - mine || compare(nameOf(one), nameOf(other));
  });
}

function rowsOf(board: BoardRates, view: View): readonly TopRow[] {
  const { clock, actors } = board;
  const place = {
    ...{ board: board.board, boundUs: clock.boundUs, actorCount: actors.length },
    clock: clock.isHoldover ? `${clock.source}?` : clock.source,
  };
  const none = { actor: "", application: "", pid: null, port: "", kind: "" };
  switch (view) {
    case "boards": {
      const ports = actors.flatMap((actor) => actor.ports);
      return [{ ...place, ...none, ...sumOf(ports), ...processesOf(actors) }];
    }
    case "actors":
      return actors.map((actor) => ({ ...place, ...none, ...ownOf(actor), ...sumOf(actor.ports) }));
    case "ports":
      return actors.flatMap((actor) =>
        actor.ports.map(({ component, port, ...rates }) => ({
          ...{ ...place, ...ownOf(actor), ...rates },
          port: `${component}.${port}`,
        })),
      );
  }
}

function ownOf({
  actor,
  application,
  pid,
  cpuPercent,
  memoryBytes,
}: ActorRates): Pick<TopRow, "actor" | "application" | "pid" | "cpuPercent" | "memoryBytes"> {
  return { actor, application, pid, cpuPercent, memoryBytes };
}

/** Actors that share a process share what it uses. */
function processesOf(actors: readonly ActorRates[]): Pick<TopRow, "cpuPercent" | "memoryBytes"> {
  const processes = [...new Map(actors.map((actor) => [actor.pid, actor])).values()];
  const add = (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
  };
  return {
    cpuPercent: add(processes.map(({ cpuPercent }) => cpuPercent)),
    memoryBytes: add(processes.map(({ memoryBytes }) => memoryBytes)),
  };
}

type Sums = Pick<
  TopRow,
  "messagesPerS" | "waitingCount" | "p50Us" | "p99Us" | "lateCount" | "lostCount"
>;

function sumOf(ports: readonly PortRates[]): Sums {
  const sum = (value: (port: PortRates) => number): number =>
    ports.reduce((all, port) => all + value(port), 0);
  const times = addedTimes(ports.map((port) => port.times));
  const isKnown = ports.some(({ messagesPerS }) => messagesPerS !== null);
  return {
    messagesPerS: isKnown ? sum(({ messagesPerS }) => messagesPerS ?? 0) : null,
    waitingCount: sum(({ waitingCount }) => waitingCount),
    p50Us: quantileUs(times, 0.5),
    p99Us: quantileUs(times, 0.99),
    lateCount: sum(({ lateCount }) => lateCount),
    lostCount: sum(({ lostCount }) => lostCount),
  };
}

function addedTimes(all: readonly TimeCounts[]): TimeCounts {
  const counts = new Map<number, number>();
  for (const each of all)
    for (let at = 0; at + 1 < each.length; at += 2) {
      const bucket = each[at] ?? 0;
      counts.set(bucket, (counts.get(bucket) ?? 0) + (each[at + 1] ?? 0));
    }
  return [...counts].sort(([one], [other]) => one - other).flat();
}

function valueOf(row: TopRow, sort: Sort): number {
  const values = {
    rate: row.messagesPerS,
    queue: row.waitingCount,
    p99: row.p99Us,
    late: row.lateCount,
    lost: row.lostCount,
    cpu: row.cpuPercent,
    memory: row.memoryBytes,
    name: 0,
  };
  return values[sort] ?? -1;
}

function nameOf({ board, actor, port }: TopRow): string {
  return `${board}/${actor}/${port}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
