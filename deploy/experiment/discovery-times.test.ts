// Goal: times are taken from the right pair of events, also when a subscriber registers last; whoever was never connected is
// named as lost; the rejoin's steps are counted from the newcomer's registration; the plot has every point, and every published range.
// Method: events made by hand. No seed.
import assert from "node:assert/strict";
import { summarize } from "./discovery-report.ts";
import { discoveryTimes } from "./discovery-times.ts";
import { type BoardEvent, eventOf } from "./events.ts";
import { PAPER_RANGES } from "./paper.ts";
import { discoverySvg } from "./plot.ts";
import { rejoinSteps } from "./rejoin.ts";

const endpoint = "tcp://10.77.1.3:1";
const event = (kind: string, board: string, atUs: number, more = {}): BoardEvent => ({
  ...{ kind, board, atUs },
  ...more,
});
const about = { endpoint };
const EVENTS: readonly BoardEvent[] = [
  event("registered", "h1", 1_000, { as: "requester" }),
  event("registered", "h3", 5_000, { as: "provider", endpoint }),
  event("notified", "h1", 6_000, { endpoint: "tcp://elsewhere:1" }),
  event("notified", "h1", 8_000, about),
  event("told", "h1", 8_500, about),
  event("connected", "h1", 12_000, about),
  event("registered", "h2", 20_000, { as: "requester" }),
  event("notified", "h2", 20_250, about),
  event("told", "h2", 20_500, about),
];

describe("what an experiment's events say", () => {
  it("takes times from both registrations to the notification, and from there to the link", () => {
    const connected = event("connected", "h2", 21_250, about);
    const { times, lost } = discoveryTimes(["h1", "h2"], [...EVENTS, connected]);
    assert.deepEqual(lost, []);
    assert.deepEqual(times, [
      { board: "h1", registeredToNotifiedMs: 3, notifiedToToldMs: 0.5, notifiedToConnectedMs: 4 },
      {
        board: "h2",
        registeredToNotifiedMs: 0.25,
        notifiedToToldMs: 0.25,
        notifiedToConnectedMs: 1,
      },
    ]);
  });

  it("names whoever was never connected", () => {
    assert.deepEqual(discoveryTimes(["h1", "h2"], EVENTS).lost, ["h2"]);
    assert.deepEqual(discoveryTimes(["h1"], []).lost, ["h1"]);
  });

  it("reads events and leaves other lines", () => {
    assert.deepEqual(eventOf('{"kind":"heard","board":"h1","atUs":7}'), event("heard", "h1", 7));
    assert.equal(eventOf("a log"), undefined);
    assert.equal(eventOf('{"level":"warn"}'), undefined);
  });

  it("counts the steps of a rejoin from the newcomer's registration", () => {
    const old = event("registered", "h1", 1, { as: "provider", endpoint: "one" });
    const again = event("registered", "h2", 10_000, { as: "provider", endpoint: "two" });
    const seen = [
      event("notified", "h2", 11_000, { endpoint: "one" }),
      event("notified", "h1", 12_000, { endpoint: "two" }),
      event("notified", "h1", 13_000, { endpoint: "two" }),
      event("notified", "h1", 12_000, { endpoint: "one" }),
    ];
    const { steps } = rejoinSteps([again, ...seen], [old, again, ...seen]);
    assert.deepEqual(steps, [
      { board: "h2", of: "h2", kind: "registered", atMs: 0 },
      { board: "h2", of: "h1", kind: "notified", atMs: 1 },
      { board: "h1", of: "h2", kind: "notified", atMs: 2 },
    ]);
  });

  it("draws every subscriber twice and every published range once", () => {
    const { times } = discoveryTimes(["h1"], EVENTS);
    const sizes = [...new Set(PAPER_RANGES.map(({ hostCount }) => hostCount))];
    const runs = sizes.map((hostCount) => ({
      ...{ hostCount, order: "publisher-last" as const, times, lost: [], broadcastMs: [0.1] },
    }));
    const svg = discoverySvg(runs, "title");
    assert.equal(svg.match(/r="2\.4"/g)?.length, 2 * sizes.length);
    const drawn = svg.match(/<rect [^>]*fill-opacity="0.45"/g) ?? [];
    // In the second panel one range for each size, and one in the legend.
    assert.equal(drawn.length, PAPER_RANGES.length + sizes.length + 1);
    assert.equal(summarize(runs).length, sizes.length);
  });
});
