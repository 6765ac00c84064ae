// Goal: a graph joins exactly the ports that find each other, with their scope; each writer draws every
// board, actor, component, timer and link once; nothing in a picture overlaps; names cannot break out.
// Method: small applications and the corpus, as data, and as text; the geometry of the layout itself.
// Seed: none.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseApp } from "../../agent/model/parse-app.ts";
import { parseDeployment } from "../../agent/model/parse-deployment.ts";
import { buildGraph } from "./build-graph.ts";
import { dotText } from "./dot-text.ts";
import type { Graph } from "./graph.ts";
import { mermaidText } from "./mermaid-text.ts";
import { type Box, layoutOf } from "./svg-layout.ts";
import { svgText } from "./svg-text.ts";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");

function graph(app: string, deployment: string | null = null, isEveryActor = false): Graph {
  const model = parseApp(app, "a.riaps");
  assert.ok(model.ok, JSON.stringify(model.problems));
  if (deployment === null) return buildGraph(model.value, null, { isEveryActor });
  const placed = parseDeployment(deployment, "a.depl");
  assert.ok(placed.ok, JSON.stringify(placed.problems));
  return buildGraph(model.value, placed.value, { isEveryActor });
}

const APP = `language hedgerow 1; app A {
  message Raw; message Reading; message Cmd; message Ack; message Lost;
  device Meter { pub raw: Raw; timer poll 500 msec; timer now; }
  component Filter { sub raw: Raw; pub reading: Reading; }
  component Drive { req apply: (Cmd, Ack); sub reading: Reading; }
  device Motor { rep apply: (Cmd, Ack); }
  component Odd { pub lost: Lost; sub reading: Reading; }
  actor Field { local Raw; { meter: Meter; } }
  actor Smooth { local Raw; { filter: Filter; } }
  actor Battery { internal Cmd, Ack; { motor: Motor; drive: Drive; } }
  actor Rest { { odd: Odd; } }
}`;
const PLACED = `language hedgerow 1; app A {
  board a { memory 512 mb; tags roof; }
  on (a) Field, Smooth { isolation shared; };
  on (b) Field, Smooth;
  on (c) Battery as b1, Battery as b2, Rest { follow odd.reading "tcp://h:1"; };
}`;

/** Every link as `scope label: component.port …`, ends in the order of the graph. */
function linksOf({ boards, links }: Graph): readonly string[] {
  return links.map(({ id, label, scope, isAlone }) => {
    const ends = boards.flatMap((board) =>
      board.actors.flatMap((actor) =>
        actor.components.flatMap((component) =>
          component.ports
            .filter(({ linkIds }) => linkIds.includes(id))
            .map(({ name, direction }) => {
              const place = [board.name, actor.name].filter((part) => part !== null).join(":");
              return `${place}.${name}${direction === "out" ? ">" : "<"}`;
            }),
        ),
      ),
    );
    return `${scope} ${label}${isAlone ? " alone" : ""}: ${ends.join(" ")}`;
  });
}

describe("a graph", () => {
  it("joins ports of one actor, of one board, or of all, as their scope says", () => {
    assert.deepEqual(linksOf(graph(APP, PLACED)), [
      "local Raw: a:Field.raw> a:Smooth.raw<",
      "global Reading: a:Smooth.reading> b:Smooth.reading> c:b1.reading< c:b2.reading< c:Rest.reading<",
      "local Raw: b:Field.raw> b:Smooth.raw<",
      "internal Cmd / Ack: c:b1.apply< c:b1.apply>",
      "internal Cmd / Ack: c:b2.apply< c:b2.apply>",
      "global Lost alone: c:Rest.lost>",
      "foreign tcp://h:1: c:Rest.reading<",
    ]);
  });

  it("draws every actor type once when there is no deployment", () => {
    const { boards } = graph(APP);
    assert.deepEqual(
      boards.map(({ name, actors }) => [name, actors.map((actor) => actor.name)]),
      [[null, ["Field", "Smooth", "Battery", "Rest"]]],
    );
    assert.equal(linksOf(graph(APP))[0], "local Raw: Field.raw> Smooth.raw<");
  });

  it("hangs a port that only a foreign program serves on its address alone", () => {
    const app = `language hedgerow 1; app A { message M; component C { sub m: M; }
      actor X { { c: C; } } }`;
    const text = 'language hedgerow 1; app A { on (a) X { follow c.m "ipc://f"; }; }';
    assert.deepEqual(linksOf(graph(app, text)), ["foreign ipc://f: a:X.m<"]);
  });

  it("tells devices, timers, what is declared of a board, and how an actor runs", () => {
    const [a] = graph(APP, PLACED).boards;
    assert.equal(a!.note, "512 mb, roof");
    const [field, smooth] = a!.actors;
    assert.equal(smooth!.note, "shared process");
    const [meter] = field!.components;
    assert.equal(meter!.isDevice, true);
    assert.deepEqual(meter!.timers, ["poll 500 msec", "now sporadic"]);
  });

  it("draws three or more of one type on a board as one, unless asked for each", () => {
    const placed = (count: number): string => {
      const names = Array.from({ length: count }, (_, index) => `Field as f${index}`);
      return `language hedgerow 1; app A { on all Smooth; on (a) ${names.join(", ")}; }`;
    };
    const counts = (text: string, isEvery = false): number[] =>
      graph(APP, text, isEvery).boards[0]!.actors.map(({ count }) => count);
    assert.deepEqual(counts(placed(2)), [1, 1, 1]);
    assert.deepEqual(counts(placed(3)), [1, 3]);
    assert.deepEqual(counts(placed(3), true), [1, 1, 1, 1]);
    assert.deepEqual(
      graph(APP, placed(3)).boards.map(({ name }) => name),
      ["a", "every other board"],
    );
  });
});

const EXAMPLES = {
  model: graph(APP),
  deployed: graph(APP, PLACED),
  transax: graph(read("actors/transax/transax.riaps")),
  microgrid: graph(read("actors/transax/transax.riaps"), read("actors/transax/microgrid.depl")),
} as const;

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;
const components = ({ boards }: Graph) =>
  boards.flatMap(({ actors }) => actors.flatMap((actor) => actor.components));
const ends = (each: Graph) =>
  components(each).flatMap(({ ports }) =>
    ports.flatMap(({ linkIds }) =>
      linkIds.filter((id) => each.links.some((link) => link.id === id)),
    ),
  );

for (const [title, example] of Object.entries(EXAMPLES))
  describe(`the graph of ${title}`, () => {
    const framed = example.boards.filter(({ name }) => name !== null).length;
    const actors = example.boards.reduce((sum, board) => sum + board.actors.length, 0);

    it("as DOT has a cluster for each board and actor, a node for each component and link", () => {
      const text = dotText(example);
      assert.equal(count(text, /^ *subgraph cluster_/gm), framed + actors);
      assert.equal(count(text, /^ *b\d+a\d+c\d+ \[/gm), components(example).length);
      assert.equal(count(text, /^ *l\d+ \[/gm), example.links.length);
      assert.equal(count(text, / -> /g), ends(example).length);
      assert.equal(count(text, /\{/g), count(text, /\}/g));
    });

    it("as Mermaid has a subgraph for each board and actor, a node for each component and link", () => {
      const text = mermaidText(example);
      assert.equal(count(text, /^ *subgraph /gm), framed + actors);
      assert.equal(count(text, /^ *end$/gm), framed + actors);
      assert.equal(count(text, /^ *b\d+a\d+c\d+\[/gm), components(example).length);
      assert.equal(count(text, /^ *l\d+\(\[/gm), example.links.length);
      assert.equal(count(text, /(==>|-->|-\.->)\|/g), ends(example).length);
    });

    it("as SVG has every frame, device, timer and end of a link", () => {
      const text = svgText(example);
      const devices = components(example).filter(({ isDevice }) => isDevice).length;
      const timers = components(example).reduce((sum, each) => sum + each.timers.length, 0);
      assert.equal(count(text, /<g class="board">/g), framed);
      assert.equal(count(text, /<g class="actor">/g), actors);
      assert.equal(count(text, /<g class="device">/g), devices);
      assert.equal(count(text, /<g class="component">/g), components(example).length - devices);
      assert.equal(count(text, /<g class="timer">/g), timers);
      assert.equal(count(text, /r="3.2"/g), ends(example).length);
      assert.doesNotMatch(text, /NaN|Infinity|undefined/);
      assert.equal(count(text, /<g[ >]/g), count(text, /<\/g>/g));
    });

    it("lets nothing overlap: frames, rails, stems", () => {
      const picture = layoutOf(example);
      for (const boxes of [picture.boards, picture.actors, picture.components])
        assertApart(boxes.map(({ box }) => box));
      for (const { box } of [...picture.boards, ...picture.actors, ...picture.components]) {
        assert.ok(box.x >= 0 && box.x + box.width <= picture.width);
        assert.ok(box.y >= 0 && box.y + box.height <= picture.height);
      }
      const places = picture.ends.map(({ x, y }) => `${Math.round(x)} ${y}`);
      assert.equal(new Set(places).size, places.length);
      for (const [index, one] of picture.rails.entries())
        for (const other of picture.rails.slice(index + 1))
          assert.ok(one.y !== other.y || one.toX < other.fromX || other.toX < one.fromX);
      for (const { y, fromX, toX, ends: own } of picture.rails)
        for (const end of own) assert.ok(end.y < y && end.x >= fromX && end.x <= toX);
    });

    it("joins the rails of one link in several rows by one trunk", () => {
      const { rails, trunks } = layoutOf(example);
      for (const link of example.links) {
        const own = rails.filter((rail) => rail.link === link);
        const [trunk, ...others] = trunks.filter((each) => each.link === link);
        assert.equal(others.length, 0);
        assert.equal(trunk !== undefined, own.length > 1);
        if (trunk !== undefined) assert.ok(own.every(({ fromX }) => fromX === trunk.x));
      }
    });
  });

function assertApart(boxes: readonly Box[]): void {
  for (const [index, a] of boxes.entries())
    for (const b of boxes.slice(index + 1)) {
      const isApart =
        a.x + a.width <= b.x ||
        b.x + b.width <= a.x ||
        a.y + a.height <= b.y ||
        b.y + b.height <= a.y;
      assert.ok(isApart, JSON.stringify([a, b]));
    }
}

describe("names in a graph", () => {
  it("cannot break out of their quotes", () => {
    const hostile: Graph = {
      ...EXAMPLES.deployed,
      appName: `"]; <x> & #`,
      links: EXAMPLES.deployed.links.map((link) => ({ ...link, label: `a"b<c>&#d\\` })),
    };
    assert.match(dotText(hostile), /^digraph "\\"\]; <x> & #" \{$/m);
    assert.match(dotText(hostile), /label="a\\"b<c>&#d\\\\"/);
    assert.match(mermaidText(hostile), /\["a#quot;b#lt;c>#amp;#35;d\\"\]/);
    assert.match(svgText(hostile), /<title>&quot;\]; &lt;x> &amp; #<\/title>/);
  });
});
