// Goal: the live table tells what passed between two looks, fits its screen, and obeys nothing that a board calls itself.
// Method: looks made by hand and by fast-check.
// Seed: fast-check's own.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { PortMeasure } from "../../agent/actor/port-counters.ts";
import { HandlerTimes } from "../../agent/component/handler-times.ts";
import type { BoardMeasure } from "./board-measure.ts";
import { boardRates } from "./board-rates.ts";
import { bytesText, durationText, fitted, rateText } from "./table-text.ts";
import { SORTS, topRows, VIEWS } from "./top-rows.ts";
import { topScreen, topTable } from "./top-screen.ts";

const CLOCK = { utcUs: 1.8e15, boundUs: 40, source: "ptp", stratum: 1, isHoldover: false };

function times(count: number, us: number): readonly number[] {
  const all = new HandlerTimes();
  for (let done = 0; done < count; done += 1) all.add(us / 1000);
  return all.counts;
}

function port(name: string, more: Partial<PortMeasure> = {}): PortMeasure {
  return {
    ...{ port: name, kind: "sub", peerCount: 1, waitingCount: 0, handlerTimes: [] },
    ...{ sentCount: 0, receivedCount: 0, handledCount: 0, droppedCount: 0, refusedCount: 0 },
    ...{ malformedCount: 0, lateCount: 0, missedCount: 0 },
    ...more,
  };
}

function measure(
  monotonicMs: number,
  ports: readonly PortMeasure[],
  more: { readonly board?: string; readonly pid?: number; readonly cpuMs?: number } = {},
): BoardMeasure {
  const { board = "east", pid = 7, cpuMs = 0 } = more;
  const components = [{ component: "c", ports }];
  const actor = { actor: "a", application: "App", pid, cpuMs, memoryBytes: 2 ** 20, components };
  return { board, monotonicMs, clock: CLOCK, actors: [actor] };
}

describe("what passed between two looks", () => {
  it("is what the counters grew by, over the board's own time", () => {
    const before = measure(1000, [port("p", { handledCount: 5, handlerTimes: times(5, 9000) })]);
    const now = measure(
      3000,
      [
        port("p", {
          ...{ handledCount: 25, sentCount: 10, lateCount: 3, droppedCount: 1, missedCount: 1 },
          ...{ waitingCount: 4, handlerTimes: [...times(20, 100), ...times(5, 9000)] },
        }),
      ],
      { cpuMs: 500 },
    );
    const [actor] = boardRates(before, now).actors;
    assert.equal(actor?.cpuPercent, 25);
    const [rates] = actor.ports;
    assert.deepEqual(
      [rates?.messagesPerS, rates?.waitingCount, rates?.lateCount, rates?.lostCount],
      [15, 4, 3, 2],
    );
    assert(rates?.p99Us !== null && (rates?.p99Us ?? 0) <= 128, String(rates?.p99Us));
  });

  it("is not known of a first look, nor of an actor that was started again", () => {
    const now = measure(3000, [port("p", { handledCount: 25 })]);
    for (const before of [undefined, measure(1000, [port("p")], { pid: 6 })]) {
      const [actor] = boardRates(before, now).actors;
      assert.deepEqual([actor?.cpuPercent, actor?.ports[0]?.messagesPerS], [null, null]);
    }
  });

  it("of actors that share a process its use counts once", () => {
    const one = measure(0, [port("p")]);
    const shared = {
      ...one,
      actors: [...one.actors, ...one.actors.map((a) => ({ ...a, actor: "b" }))],
    };
    const [row] = topRows([boardRates(undefined, shared)], "boards", "rate");
    assert.equal(row?.memoryBytes, 2 ** 20);
    assert.equal(row.actorCount, 2);
  });
});

describe("the screen of hedgerow top", () => {
  const some = fc.record({
    board: fc.string({ maxLength: 30 }),
    handledCount: fc.integer({ min: 0, max: 1e9 }),
    waitingCount: fc.integer({ min: 0, max: 10_000 }),
    us: fc.integer({ min: 0, max: 1e9 }),
  });

  it("is never larger than the terminal, and holds nothing that a terminal obeys", () => {
    fc.assert(
      fc.property(
        fc.array(some, { maxLength: 60 }),
        fc.constantFrom(...VIEWS),
        fc.constantFrom(...SORTS),
        fc.nat(100),
        (all, view, sort, scroll) => {
          const boards = all.map(({ board, us, ...counts }) =>
            boardRates(
              measure(0, [port("p")], { board }),
              measure(1000, [port("p", { ...counts, handlerTimes: times(3, us) })], { board }),
            ),
          );
          const silent = all.map(({ board }) => ({ board, message: "\u001b[2J" }));
          const state = { boards, silent, utcUs: 1.8e15, view, sort, scroll };
          const lines = topScreen(state, { columns: 80, rows: 24 });
          assert(lines.length <= 24);
          for (const line of lines) {
            assert(line.length <= 80, line);
            assert(!/\p{C}/u.test(line), line);
          }
          assert.equal(topRows(boards, view, sort).length, all.length);
        },
      ),
    );
  });

  it("shows ports, actors and boards, the busiest first", () => {
    const boards = ["east", "west"].map((board, at) =>
      boardRates(
        measure(0, [port("p")], { board }),
        measure(1000, [port("p", { handledCount: 10 + at, handlerTimes: times(5, 1000) })], {
          board,
          cpuMs: 15,
        }),
      ),
    );
    const state = { boards, silent: [], utcUs: 1.8e15, sort: "rate", scroll: 0 } as const;
    assert.deepEqual(topTable({ ...state, view: "ports" }), [
      "BOARD      ACTOR        COMPONENT.PORT     KIND   MSG/S QUEUE   P50   P99 LATE",
      "west       a            c.p                sub       11     0 1.0ms 1.0ms    0",
      "east       a            c.p                sub       10     0 1.0ms 1.0ms    0",
    ]);
    assert.deepEqual(topTable({ ...state, view: "actors" }).slice(0, 2), [
      "BOARD      ACTOR        APP            PID  CPU%   MEM  MSG/S QUEUE   P99 LATE",
      "west       a            App              7   1.5  1.0M     11     0 1.0ms    0",
    ]);
    assert.deepEqual(topTable({ ...state, view: "boards", sort: "name" }).slice(0, 2), [
      "BOARD      CLOCK     BOUND ACTORS  CPU%   MEM  MSG/S QUEUE   P99 LATE  LOST",
      "east       ptp        40us      1   1.5  1.0M     10     0 1.0ms    0     0",
    ]);
  });
});

describe("numbers of a table", () => {
  it("fit their columns, whatever their size", () => {
    assert.deepEqual([null, 0, 0.25, 12.34, 450.6, 451_000].map(rateText), [
      "-",
      "0",
      "0.3",
      "12.3",
      "451",
      "451k",
    ]);
    assert.deepEqual([null, 12, 1500, 25_000, 3e6, 4.5e7].map(durationText), [
      "-",
      "12us",
      "1.5ms",
      "25ms",
      "3.0s",
      "45s",
    ]);
    assert.deepEqual([null, 100, 2048, 5.5e6, 1e8, 3e9].map(bytesText), [
      "-",
      "100",
      "2K",
      "5.2M",
      "95M",
      "2.8G",
    ]);
    assert.equal(fitted("abcdef", 4, "left"), "abc~");
    assert.equal(fitted("a\u0007", 4, "right"), "  a?");
  });
});
