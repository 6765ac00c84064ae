// Goal: the probed behaviour of the reference parser (riaps-pycom 2.0.0 grammar on textX 3.0.0), row by
// row: what it accepts is accepted, what it rejects is rejected; where we are stricter it says "ours".
// Method: one small file for each row, parsed and checked; rejections name their place.
// Seed: none.
import assert from "node:assert/strict";
import { checkApp } from "./check-app.ts";
import { parseApp, parseAppFile } from "./parse-app.ts";
import { parseDeployment } from "./parse-deployment.ts";
import { hasErrors, type Problem } from "./problem.ts";

interface Parts {
  readonly top?: string;
  readonly component?: string;
  readonly actor?: string;
}

function appText({ top = "message M;", component, actor }: Parts): string {
  return [
    "app A {",
    top,
    component ?? "component C { timer t 1; }",
    actor ?? "actor X { { c : C; } }",
    "}",
    "",
  ].join("\n");
}

function problemsOf(text: string): readonly Problem[] {
  const app = parseApp(text, "a.riaps");
  return app.ok ? [...app.problems, ...checkApp(app.value)] : app.problems;
}

type Row = readonly [title: string, text: string, place: string | null, note?: "ours"];

const component = (ports: string): string => appText({ component: `component C { ${ports} }` });
const limit = (usage: string): string =>
  appText({ actor: `actor X { uses { ${usage} } { c : C; } }` });

const ROWS: readonly Row[] = [
  [
    "keyword glued to a name",
    appText({ top: "messageM;", component: "componentC{timert 1;}" }),
    null,
  ],
  ["keyword as a name", appText({ top: "message message;" }), null],
  [
    "component named component",
    appText({ component: "component component { }", actor: "actor actor { { c : component; } }" }),
    null,
  ],
  ["empty pair", component("clt p: (,);"), "3:22", "ours"],
  ["actor with no instances", appText({ actor: "actor X { { } }" }), "4:13"],
  ["app with no component", appText({ component: "" }), "4:1"],
  [
    "component after an actor",
    appText({ actor: "actor X { { c : C; } } component D { }" }),
    "4:24",
  ],
  [
    "scheduler before uses",
    appText({ actor: "actor X { scheduler rr; uses { } { c : C; } }" }),
    "4:25",
  ],
  ["unknown message", component("pub p: N;"), "3:22"],
  ["unknown component", appText({ actor: "actor X { { c : D; } }" }), "4:17"],
  ["missing actual without default", appText({ component: "component C(a) { }" }), "4:13", "ours"],
  ["extra actual", appText({ actor: "actor X { { c : C(a=1); } }" }), "4:19", "ours"],
  [
    "unknown actor formal",
    appText({ component: "component C(a) { }", actor: "actor X { { c : C(a=b); } }" }),
    "4:21",
    "ours",
  ],
  ["duplicate port", component("timer t 1; timer t 2;"), "3:32"],
  ["duplicate message", appText({ top: "message M; message M;" }), "2:20"],
  ["duplicate component", appText({ component: "component C { } component C { }" }), "3:27"],
  ["device named as a component", appText({ component: "component C { } device C { }" }), "3:24"],
  ["device with a global message", appText({ component: "device C { pub p: M; }" }), "4:17"],
  ["device with a global request", appText({ component: "device C { srv p: (M, M); }" }), "4:17"],
  [
    "device whose reply only is global",
    appText({
      top: "message M; message N;",
      component: "device C { srv p: (M, N); }",
      actor: "actor X { local M; { c : C; } }",
    }),
    "4:26",
    "ours",
  ],
  [
    "device on an internal message",
    appText({ component: "device C { pub p: M; }", actor: "actor X { internal M; { c : C; } }" }),
    null,
  ],
  ["negative timer period", component("timer t -1;"), "3:21", "ours"],
  ["fractional timer", component("timer t 0.5 sec;"), "3:24"],
  ["unit usec", component("timer t 5 usec;"), "3:25"],
  ["upper-case unit", limit("mem 5 MB;"), "4:24"],
  ["space in kb", limit("space 1 kb;"), "4:26"],
  ["mem without unit", limit("mem 200;"), "4:18", "ours"],
  ["space without unit", limit("space 10;"), "4:18", "ours"],
  ["cpu without over", limit("cpu 25 %;"), null],
  ["cpu above 100", limit("cpu 150 %;"), null],
  ["inside default", component("inside x default;"), null],
  [
    "leader and consensus",
    appText({ top: "message M; group G with leader, consensus using M;" }),
    "2:31",
  ],
  ["CRLF", appText({}).replaceAll("\n", "\r\n"), null],
  ["no final newline", appText({}).trimEnd(), null],
  ["ends in a comment without newline", `${appText({})}// end`, null],
];

describe("reference table: models", () => {
  for (const [title, text, place, note] of ROWS)
    it(`${place === null ? "accepts" : "rejects"} ${title}${note === undefined ? "" : ` (${note})`}`, () => {
      const problems = problemsOf(text);
      const [first] = problems;
      assert.equal(hasErrors(problems), place !== null, JSON.stringify(problems));
      assert.equal(first === undefined ? null : `${first.line}:${first.column}`, place);
    });

  it("gives every rejection by meaning a hint", () => {
    for (const [title, text, place] of ROWS)
      if (place !== null)
        for (const { hint, expected } of problemsOf(text))
          assert.ok(hint !== undefined || expected.length > 0, title);
  });

  it("wants the times of a group in order, defaults included (ours)", () => {
    const column = (times: string) =>
      problemsOf(appText({ top: `message M; group G using M ${times};` })).map(
        (each) => each.column,
      );
    assert.deepEqual(column("heartbeat=1499, electionMin=1999, electionMax=2001"), []);
    for (const times of [
      "heartbeat=0",
      "heartbeat=1500",
      "electionMin=2000",
      "electionMax=3000",
      "peerTimeout=2000",
      "consensusTimeout=2000",
      "consensusTimeout=0",
    ])
      assert.deepEqual(column(times), [18], times);
  });

  it("accepts a file without applications, which holds no application", () => {
    assert.equal(parseAppFile("// nothing\n", "a.riaps").ok, true);
    assert.equal(parseApp("// nothing\n", "a.riaps").ok, false);
  });
});

const PLACE = "app A { on (h) X; }";
const DEPLOYMENTS: readonly Row[] = [
  ["parentheses around hosts", PLACE, null],
  ["several hosts of every spelling", "app A { on (a.local, 10.0.0.3, b-1, c_2) X; }", null],
  ["all", "app A { on all X, Y; }", null],
  [
    "bare words, strings, numbers, booleans",
    "app A { on all X(a=b, c='d', e=-1.5, f=True); }",
    null,
  ],
  ["host without parentheses", "app A { on 10.0.0.3 X; }", "1:12"],
  ["IPv6", "app A { on (fe80::1) X; }", "1:17"],
  ["host and port", "app A { on (h:80) X; }", "1:14"],
  ["block comment", "app A { /* no */ on (h) X; }", "1:9"],
  ["line comment", `// yes\n${PLACE}// end`, null],
  ["empty deployment", "app A { }", "1:9"],
  ["host without body", `app A { host h; on all X; }`, "1:15", "ours"],
  ["host with empty body", `app A { host h {} on all X; }`, "1:17", "ours"],
  ["lone semicolon", `app A { ; on all X; }`, "1:9", "ours"],
  ["CRLF, no final newline", "app A {\r\n  on all X;\r\n}", null],
  [
    "host that begins like a keyword",
    "app A { host all-1 { network dns-1, any1; } on all X; }",
    null,
    "ours",
  ],
];

describe("reference table: deployments", () => {
  for (const [title, text, place, note] of DEPLOYMENTS)
    it(`${place === null ? "accepts" : "rejects"} ${title}${note === undefined ? "" : ` (${note})`}`, () => {
      const [first] = parseDeployment(text, "a.depl").problems;
      assert.equal(first === undefined ? null : `${first.line}:${first.column}`, place);
    });
});
