// Goal: replicas go to distinct boards that satisfy every constraint; every board chooses alike; one
// board more moves at most one replica; boards share the work about evenly; `where` filters `on` too.
// Method: random fleets and keys against the rule, and small deployments resolved for each board.
// Seed: fixed below.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { DeploymentModel } from "./deployment-model.ts";
import { parseApp } from "./parse-app.ts";
import { parseDeployment } from "./parse-deployment.ts";
import { boardsOf, namedBoards, placementOn } from "./placement-rule.ts";
import { rendezvous } from "./rendezvous-rule.ts";
import { instancesFor } from "./resolve.ts";

const SEED = 20261120;
const fleet = fc.uniqueArray(fc.stringMatching(/^[a-z0-9.-]{1,8}$/), {
  minLength: 1,
  maxLength: 12,
});
const key = fc.string({ maxLength: 12 });
const count = fc.integer({ min: 0, max: 14 });

describe("the choice of boards", () => {
  it("takes so many distinct ones, whatever the order of their names", () => {
    fc.assert(
      fc.property(key, fleet, count, fc.infiniteStream(fc.nat()), (word, names, wanted, dice) => {
        const chosen = rendezvous(word, names, wanted);
        assert.equal(chosen.length, Math.min(wanted, names.length));
        assert.equal(new Set(chosen).size, chosen.length);
        assert.ok(chosen.every((name) => names.includes(name)));
        const shuffled = [...names, ...names]
          .map((name) => ({ name, at: dice.next().value as number }))
          .sort((a, b) => a.at - b.at);
        const again = rendezvous(
          word,
          shuffled.map(({ name }) => name),
          wanted,
        );
        assert.deepEqual(again, chosen);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("moves at most one when a board comes, and only to that board; none when another goes", () => {
    fc.assert(
      fc.property(key, fleet, count, (word, names, wanted) => {
        const [latest = "", ...before] = names;
        const without = rendezvous(word, before, wanted);
        const withIt = rendezvous(word, names, wanted);
        const moved = withIt.filter((name) => !without.includes(name));
        assert.deepEqual(moved, withIt.includes(latest) ? [latest] : []);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("spreads many keys evenly over boards whose names differ in one digit", () => {
    const boards = Array.from({ length: 8 }, (_, index) => `feeder${index}`);
    const shares = new Map(boards.map((name) => [name, 0]));
    for (let index = 0; index < 4000; index += 1)
      for (const name of rendezvous(`App/actor${index}`, boards, 2))
        shares.set(name, (shares.get(name) ?? 0) + 1);
    // 1000 each on average; five standard deviations of a fair draw are 137.
    for (const [name, share] of shares) assert.ok(Math.abs(share - 1000) < 150, `${name} ${share}`);
  });

  it("is the same on every release: boards of one application may run different ones", () => {
    const chosen = rendezvous("Transax/solver", ["b1", "b2", "b3", "b4"], 4);
    assert.deepEqual(chosen, ["b1", "b4", "b3", "b2"]);
  });
});

function deployment(body: string): DeploymentModel {
  const parsed = parseDeployment(`language hedgerow 1; app A { ${body} }`, "a.depl");
  assert.ok(parsed.ok, JSON.stringify(parsed.problems));
  return parsed.value;
}

const BOARDS = `board b1 { memory 256 mb; cores 1; arch armhf; tags roof; }
  board b2 { memory 512 mb; cores 4; arch arm64; tags roof, meter; }
  board b3 { memory 1 gb; cores 2; arch arm64; }
  board b4 { }`;

const boards = (body: string): readonly string[] => {
  const model = deployment(`${BOARDS} ${body}`);
  return [...boardsOf(model, model.placements[0]!)].sort();
};

describe("constraints on boards", () => {
  for (const [where, names] of [
    ["memory >= 512 mb", ["b2", "b3"]],
    ["memory >= 262144 kb", ["b1", "b2", "b3"]],
    ["cores >= 2", ["b2", "b3"]],
    ["arch = armhf", ["b1"]],
    ["tag roof", ["b1", "b2"]],
    ["tag roof, tag meter", ["b2"]],
    ["arch = arm64, memory >= 1 gb, cores >= 2", ["b3"]],
  ] as const)
    it(`${where}: ${names.join(", ")}`, () => {
      assert.deepEqual(boards(`on all X where ${where};`), names);
      assert.deepEqual(boards(`on (b1, b2, b3, b4, b5) X where ${where};`), names);
      assert.deepEqual(boards(`place 9 X on (b1, b2, b3, b4, b5) where ${where};`), names);
    });

  it("lets every target be without constraints, declared or not", () => {
    assert.deepEqual(boards("on (b4, b5) X;"), ["b4", "b5"]);
    assert.deepEqual(boards("place 2 X on (b4, b5);"), ["b4", "b5"]);
    assert.deepEqual(boards("place 9 X on all;"), ["b1", "b2", "b3", "b4"]);
  });

  it("keeps `on all … where` from boards that are not declared", () => {
    const model = deployment(`${BOARDS} on all X where tag roof; on all Y;`);
    const on = (...names: string[]) =>
      placementOn(model, names).instances.map(({ instanceName }) => instanceName);
    assert.deepEqual(on("b1"), ["X", "Y"]);
    assert.deepEqual(on("b3"), ["Y"]);
    assert.deepEqual(on("elsewhere"), ["Y"]);
    assert.deepEqual(on(), ["Y"]);
  });

  it("counts declared boards among those that the file names", () => {
    const model = deployment(`${BOARDS} on (b9, b1) X;`);
    assert.deepEqual(namedBoards(model), ["b1", "b2", "b3", "b4", "b9"]);
  });
});

describe("replicas", () => {
  const parsed = parseApp("app A { component C { timer t 1; } actor X { { c: C; } } }", "a.riaps");
  assert.ok(parsed.ok);
  const app = parsed.value;
  const names = ["a", "b", "c", "d", "e"];
  const where = (text: string): string[] => {
    const model = deployment(text);
    return names.filter((name) => instancesFor(app, model, name).length > 0);
  };

  it("run on as many boards as asked for, the same ones in the eyes of each", () => {
    const chosen = where("place 2 X as solver on (a, b, c, d, e);");
    assert.equal(chosen.length, 2);
    assert.deepEqual(where("place 2 X as solver on (e, d, c, b, a);"), chosen);
  });

  it("move at most one when a board is added", () => {
    const before = where("place 2 X as solver on (a, b, c, d);");
    const after = where("place 2 X as solver on (a, b, c, d, e);");
    assert.ok(after.filter((name) => !before.includes(name)).length <= 1);
  });

  it("of several names do not all meet on the same boards", () => {
    const placed = Array.from({ length: 20 }, (_, index) =>
      where(`place 1 X as x${index} on (a, b, c, d, e);`).join(),
    );
    assert.ok(new Set(placed).size >= 3);
  });

  it("know a board by its aliases", () => {
    const model = deployment("place 1 X on (10.0.0.3);");
    assert.equal(instancesFor(app, model, "b1", ["10.0.0.3"]).length, 1);
    assert.equal(instancesFor(app, model, "b1", ["10.0.0.4"]).length, 0);
  });
});
