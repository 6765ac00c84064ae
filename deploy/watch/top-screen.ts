import type { BoardRates } from "./board-rates.ts";
import {
  bytesText,
  type Column,
  durationText,
  fitted,
  plainText,
  rateText,
  tableLines,
} from "./table-text.ts";
import { type Sort, type TopRow, topRows, type View } from "./top-rows.ts";

/** What is to be seen. */
export interface TopState {
  readonly boards: readonly BoardRates[];
  /** Boards that did not answer, and why. */
  readonly silent: readonly { readonly board: string; readonly message: string }[];
  /** Cluster time at which this was so, as this board has it. */
  readonly utcUs: number;
  readonly view: View;
  readonly sort: Sort;
  /** Rows above the first one that is shown. */
  readonly scroll: number;
}

/** The size of a terminal. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const COLUMNS = {
  board: left("BOARD", 10, ({ board }) => board),
  actor: left("ACTOR", 12, ({ actor }) => actor),
  application: left("APP", 10, ({ application }) => application),
  pid: right("PID", 7, ({ pid }) => String(pid ?? "-")),
  port: left("COMPONENT.PORT", 18, ({ port }) => port),
  kind: left("KIND", 5, ({ kind }) => kind),
  rate: right("MSG/S", 6, ({ messagesPerS }) => rateText(messagesPerS)),
  queue: right("QUEUE", 5, ({ waitingCount }) => String(waitingCount)),
  p50: right("P50", 5, ({ p50Us }) => durationText(p50Us)),
  p99: right("P99", 5, ({ p99Us }) => durationText(p99Us)),
  late: right("LATE", 4, ({ lateCount }) => String(lateCount)),
  lost: right("LOST", 5, ({ lostCount }) => String(lostCount)),
  cpu: right("CPU%", 5, ({ cpuPercent }) => (cpuPercent === null ? "-" : cpuPercent.toFixed(1))),
  memory: right("MEM", 5, ({ memoryBytes }) => bytesText(memoryBytes)),
  actors: right("ACTORS", 6, ({ actorCount }) => String(actorCount)),
  clock: left("CLOCK", 8, ({ clock }) => clock),
  bound: right("BOUND", 6, ({ boundUs }) => durationText(boundUs)),
} as const satisfies Readonly<Record<string, Column<TopRow>>>;

function columnsOf(view: View): readonly Column<TopRow>[] {
  const { board, actor, application, pid, port, kind, actors, clock, bound } = COLUMNS;
  const { rate, queue, p50, p99, late, lost, cpu, memory } = COLUMNS;
  switch (view) {
    case "ports":
      return [board, actor, port, kind, rate, queue, p50, p99, late];
    case "actors":
      return [board, actor, application, pid, cpu, memory, rate, queue, p99, late];
    case "boards":
      return [board, clock, bound, actors, cpu, memory, rate, queue, p99, late, lost];
  }
}

/** The rows of all that is to be seen, with their head. */
export function topTable({ boards, view, sort }: TopState): readonly string[] {
  return tableLines(columnsOf(view), topRows(boards, view, sort));
}

/** One screen: at most `rows` lines of at most `columns` characters. Pure. */
export function topScreen(state: TopState, { columns, rows }: ScreenSize): readonly string[] {
  const { boards, silent, utcUs, view, sort, scroll } = state;
  const actorCount = boards.reduce((sum, { actors }) => sum + actors.length, 0);
  const time = `${new Date(utcUs / 1000).toISOString().slice(11, 19)} UTC`;
  const title = `hedgerow top  ${boards.length} boards  ${actorCount} actors  ${time}  ${view} by ${sort}`;
  const keys = "q quit  b boards  a actors  p ports  s sort  up/down scroll";
  const quiet = silent.slice(0, 3).map(({ board, message }) => `${board}: ${message}`);
  const [head = "", ...table] = topTable(state);
  const room = Math.max(0, rows - 3 - quiet.length);
  const first = Math.min(scroll, Math.max(0, table.length - room));
  const shown = table.slice(first, first + room);
  return [title, ...quiet, head, ...shown, keys]
    .slice(0, rows)
    .map((line) => fitted(plainText(line), columns, "left").trimEnd());
}

function left(title: string, width: number, cell: (row: TopRow) => string): Column<TopRow> {
  return { title, width, align: "left", cell };
}

function right(title: string, width: number, cell: (row: TopRow) => string): Column<TopRow> {
  return { title, width, align: "right", cell };
}
