// Goal: a board's measures are said in the text format of Prometheus, with cumulative buckets and escaped labels.
// Method: one measure made by hand, with a name that has to be escaped.
// Seed: none.
import assert from "node:assert/strict";
import type { BoardMeasure } from "./board-measure.ts";
import { prometheusText } from "./prometheus-text.ts";

const MEASURE: BoardMeasure = {
  board: 'ea"st\n',
  monotonicMs: 5,
  clock: { utcUs: 1, boundUs: 40, source: "ptp", stratum: 1, isHoldover: false },
  actors: [
    {
      ...{ actor: "a", application: "App", pid: 7, cpuMs: 1500, memoryBytes: 2048 },
      components: [
        {
          component: "c",
          ports: [
            {
              ...{
                port: "p",
                kind: "sub",
                peerCount: 1,
                waitingCount: 3,
                handlerTimes: [1, 2, 3, 4],
              },
              ...{
                sentCount: 5,
                receivedCount: 6,
                handledCount: 6,
                droppedCount: 1,
                refusedCount: 0,
              },
              ...{ malformedCount: 0, lateCount: 2, missedCount: 0 },
            },
          ],
        },
      ],
    },
  ],
};

describe("measures for Prometheus", () => {
  it("are samples, each with its type before it", () => {
    const text = prometheusText(MEASURE);
    const labels = 'board="ea\\"st\\n",actor="a",component="c",port="p"';
    for (const line of [
      'hedgerow_clock_bound_seconds{board="ea\\"st\\n"} 0.00004',
      'hedgerow_process_cpu_seconds_total{board="ea\\"st\\n",actor="a"} 1.5',
      `hedgerow_port_handled_total{${labels}} 6`,
      `hedgerow_port_late_total{${labels}} 2`,
      `hedgerow_port_waiting{${labels}} 3`,
      `hedgerow_handler_seconds_bucket{${labels},le="0.000002"} 2`,
      `hedgerow_handler_seconds_bucket{${labels},le="0.000004"} 6`,
      `hedgerow_handler_seconds_bucket{${labels},le="+Inf"} 6`,
      `hedgerow_handler_seconds_count{${labels}} 6`,
    ])
      assert(text.includes(`${line}\n`), line);
    const typed = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
    for (const [, name = ""] of text.matchAll(/^(hedgerow_\w+)\{/gm))
      assert(typed.has(name) || typed.has(name.replace(/_(bucket|sum|count)$/, "")), name);
  });
});
