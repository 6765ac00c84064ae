// Goal: a port that can never connect is told, with its reason; one that can is not; in every scope and
// for every kind; the options decide how grave it is; large deployments are checked in reasonable work.
// Method: small applications placed in several ways; the corpus holds the other checks.
// Seed: none.
import assert from "node:assert/strict";
import { checkApp } from "./check-app.ts";
import { checkDeployment } from "./check-deployment.ts";
import { parseApp } from "./parse-app.ts";
import { parseDeployment } from "./parse-deployment.ts";
import { hasErrors } from "./problem.ts";

function check(app: string, deployment: string, lonePorts?: "error" | "warning") {
  const parsedApp = parseApp(app, "a.riaps");
  const parsedDeployment = parseDeployment(deployment, "a.depl");
  assert.ok(parsedApp.ok && parsedDeployment.ok);
  assert.equal(hasErrors(checkApp(parsedApp.value)), false);
  const options = lonePorts === undefined ? {} : { lonePorts };
  return checkDeployment(parsedApp.value, parsedDeployment.value, options);
}

const told = (app: string, deployment: string): string[] =>
  check(app, deployment).map(({ severity, message }) => `${severity}: ${message}`);

const pair = (one: string, other: string, scope = ""): string => `app A {
  message M; message N;
  component C { ${one}; }
  component D { ${other}; }
  actor X { ${scope} { c : C; } }
  actor Y { ${scope} { d : D; } }
  actor Both { ${scope} { c : C; d : D; } }
}`;

describe("ports that can never connect", () => {
  for (const [one, other] of [
    ["pub p: M", "sub p: M timed"],
    ["clt p: (M, N)", "srv q: (M, N)"],
    ["req p: (M, N)", "rep q: (M, N)"],
    ["qry p: (M, N)", "ans q: (M, N)"],
  ] as const) {
    it(`connects ${one} with ${other} on any boards when global`, () => {
      assert.deepEqual(told(pair(one, other), "app A { on (a) X; on (b) Y; }"), []);
      assert.deepEqual(told(pair(one, other), "app A { on all X; on (b) Y; }"), []);
    });

    it(`tells of ${one} and of ${other} when alone`, () => {
      assert.equal(check(pair(one, other), "app A { on (a, b) X; }").length, 1);
      assert.equal(check(pair(one, other), "app A { on (a) Y; }").length, 1);
    });

    it(`keeps ${one} and ${other} on one board when local`, () => {
      const app = pair(one, other, "local M, N;");
      assert.deepEqual(told(app, "app A { on (a, b) X, Y; }"), []);
      assert.deepEqual(told(app, "app A { on all X, Y; }"), []);
      assert.equal(check(app, "app A { on (a) X; on (b) Y; }").length, 2);
    });

    it(`keeps ${one} and ${other} in one actor when internal`, () => {
      const app = pair(one, other, "internal M, N;");
      assert.deepEqual(told(app, "app A { on (a) Both; }"), []);
      assert.equal(check(app, "app A { on (a) X, Y; }").length, 2);
    });
  }

  it("does not connect kinds that do not match, nor other messages, nor swapped ones", () => {
    for (const [one, other] of [
      ["pub p: M", "pub p: M"],
      ["pub p: M", "sub p: N"],
      ["clt p: (M, N)", "rep p: (M, N)"],
      ["req p: (M, N)", "rep p: (N, M)"],
    ] as const)
      assert.equal(check(pair(one, other), "app A { on (a) X, Y; }").length, 2, `${one} ${other}`);
  });

  it("says why, from the nearest miss to the farthest", () => {
    const hints = (app: string, place: string) => check(app, place).map(({ hint }) => hint);
    const wanted = "a port `sub …: M`";
    const alone = (app: string, place: string) => hints(app, place)[0];
    const local = pair("pub p: M", "sub q: M", "local M;");
    assert.equal(
      alone(local, "app A { on (a) X; on (b) Y; }"),
      `actor Y has ${wanted}, which must be on the same board as the scope is local`,
    );
    const mixed = local.replace("actor Y { local M;", "actor Y {");
    assert.equal(
      alone(mixed, "app A { on (a) X, Y; }"),
      `actor Y has ${wanted}, with scope global there and local here`,
    );
    assert.equal(
      alone(pair("pub p: M", "sub q: M"), "app A { on (a) X; }"),
      `actor Y has ${wanted}, and is not placed`,
    );
    assert.equal(
      alone(pair("req p: (M, N)", "rep q: (N, M)"), "app A { on (a) X, Y; }"),
      "actor Y has one with request and reply swapped; wanted: a port `rep …: (M, N)`",
    );
    assert.equal(
      alone(pair("pub p: M", "timer t"), "app A { on (a) X; }"),
      `no component has ${wanted}`,
    );
    const misspelt = pair("pub p: Reading", "sub q: Readings").replace(
      "M;",
      "M; message Reading; message Readings;",
    );
    assert.equal(
      alone(misspelt, "app A { on (a) X; }"),
      "no component has a port `sub …: Reading`; did you mean Readings?",
    );
  });

  it("guesses a name only when most of it is there", () => {
    const app = pair("pub p: M", "sub q: M");
    const [problem] = check(app, "app A { on all Bohh, X, Y; }");
    assert.equal(problem!.hint, "did you mean Both?");
    const [other] = check(app, "app A { on all Z, X, Y; }");
    assert.equal(other!.hint, "there is: X, Y, Both");
  });

  it("warns of boards where a local port is alone", () => {
    const app = pair("pub p: M", "sub q: M", "local M;");
    assert.deepEqual(told(app, "app A { on (a) X; on (a, b, c) Y; }"), [
      "warning: port q of d in actor Y cannot connect on b, c",
    ]);
    assert.deepEqual(told(app, "app A { on (a) X; on all Y; }"), [
      "warning: port q of d in actor Y cannot connect on boards that are not named",
    ]);
  });

  it("is an error, or what the options make of it", () => {
    const app = pair("pub p: M", "sub q: M");
    const place = "app A { on (a) X; }";
    assert.deepEqual(
      check(app, place).map(({ severity }) => severity),
      ["error"],
    );
    assert.deepEqual(
      check(app, place, "warning").map(({ severity }) => severity),
      ["warning"],
    );
  });

  it("tells each port once, however many boards", () => {
    const boards = Array.from({ length: 300 }, (_, index) => `board-${index}`).join(", ");
    assert.equal(check(pair("pub p: M", "sub q: N"), `app A { on (${boards}) X, Y; }`).length, 2);
    const local = pair("pub p: M", "sub q: M", "local M;");
    assert.deepEqual(told(local, `app A { on (${boards}) X, Y; }`), []);
  });
});

describe("arguments of a deployment", () => {
  const app = `app A { message M;
    component C(rate=1, name="n", on=true, any) { timer t 1; }
    actor X(rate, name="x", on, any) { { c : C(rate=rate, name=name, on=on, any=any); } }
  }`;
  it("take the kind of the actor's default, else of the component's, else any", () => {
    assert.deepEqual(told(app, "app A { on all X(rate=1, name=word, on=true, any=1); }"), []);
    assert.deepEqual(
      check(app, "app A { on all X(rate=word, name=1, on=1, any=word); }").map(
        ({ column }) => column,
      ),
      [18, 29, 37],
    );
  });
});
