// Goal: a live graph tells the rate of every port, which port has no peer, and which actor or board is missing;
//       every writer draws it, and nothing of the graph is lost.
// Method: one application on two boards, with rates given as data. Seed: none.
import assert from "node:assert/strict";
import { parseApp } from "../../agent/model/parse-app.ts";
import { parseDeployment } from "../../agent/model/parse-deployment.ts";
import type { BoardRates, PortRates } from "../watch/board-rates.ts";
import { buildGraph } from "./build-graph.ts";
import { dotText } from "./dot-text.ts";
import type { Graph } from "./graph.ts";
import { liveGraph } from "./live-graph.ts";
import { mermaidText } from "./mermaid-text.ts";
import { svgText } from "./svg-text.ts";

const APP = `language hedgerow 1; app A {
  message M;
  component Give { pub m: M; } component Take { sub m: M; }
  actor G { { give: Give; } } actor T { { take: Take; } }
}`;
const PLACED = "language hedgerow 1; app A { on (a) G, T; on (b) T; }";

const port = (
  component: string,
  messagesPerS: number | null,
  peerCount: number | null,
): PortRates => ({
  ...{ component, port: "m", kind: "pub", messagesPerS, peerCount, waitingCount: 0, times: [] },
  ...{ p50Us: null, p99Us: null, lateCount: 0, lostCount: 0 },
});
const clock = { utcUs: 0, boundUs: null, source: "none", stratum: 16, isHoldover: false };
const actor = { application: "A", pid: 1, cpuPercent: null, memoryBytes: null, isSilent: false };

function graph(): Graph {
  const model = parseApp(APP, "a.riaps");
  const placed = parseDeployment(PLACED, "a.depl");
  assert(model.ok && placed.ok);
  return buildGraph(model.value, placed.value, { isEveryActor: true });
}

describe("live graph", () => {
  const boards: readonly BoardRates[] = [
    { board: "a", clock, actors: [{ ...actor, actor: "G", ports: [port("give", 12.34, null)] }] },
    { board: "b", clock, actors: [{ ...actor, actor: "T", ports: [port("take", 0, 0)] }] },
  ];
  const live = liveGraph(graph(), boards);

  it("says rates, ports without a peer, actors that do not run", () => {
    const said = live.boards.map(({ actors }) =>
      actors.map(({ name, note, components }) => [name, note, components[0]?.ports[0]?.name]),
    );
    assert.deepEqual(said, [
      [
        ["G", "", "m 12.3/s"],
        ["T", "not running", "m"],
      ],
      [["T", "", "m 0.0/s no peer"]],
    ]);
  });

  it("says which board does not answer, and takes actors of another application for none", () => {
    const notes = liveGraph(graph(), boards.slice(0, 1)).boards.map(({ note }) => note);
    assert.deepEqual(notes, ["", "no answer"]);
    const foreign = boards.map((each) => ({
      ...each,
      actors: each.actors.map((one) => ({ ...one, application: "B" })),
    }));
    for (const { actors } of liveGraph(graph(), foreign).boards)
      for (const { note } of actors) assert.equal(note, "not running");
  });

  it("is drawn by every writer, and joins what the graph joins", () => {
    for (const write of [dotText, mermaidText, svgText]) assert.match(write(live), /12\.3\/s/);
    assert.deepEqual(live.links, graph().links);
  });
});
