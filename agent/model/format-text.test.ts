// Goal: formatting moves white space only: what was formatted parses to the same, keeps every comment
// in its place among the words, and is not changed by formatting again. Layout is as a person expects.
// Method: the corpus, and random models with white space and comments thrown between all their words;
// small texts for single rules of layout.
// Seed: fixed below; a failure prints the smallest counterexample.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { deployment } from "./deployment.fixture.ts";
import { formatText } from "./format-text.ts";
import { LINE_CHARACTERS_MAX } from "./layout.ts";
import { appFile, withoutPositions } from "./model.fixture.ts";
import { parseAppFile } from "./parse-app.ts";
import { parseDeployment } from "./parse-deployment.ts";
import { printAppFile } from "./print-app.ts";
import { printDeployment } from "./print-deployment.ts";
import { type ModelLanguage, tokensOf } from "./tokens.ts";

const SEED = 20261120;
const CORPUS = new URL("../../../agent/model/corpus/accept/", import.meta.url);

function format(text: string, language: ModelLanguage): string {
  const formatted = formatText(text, "a", language);
  assert.ok(formatted.ok, `${text}\n${JSON.stringify(formatted.problems)}`);
  return formatted.value;
}

function modelOf(text: string, language: ModelLanguage): unknown {
  const parsed = language === "app" ? parseAppFile(text, "a") : parseDeployment(text, "a");
  assert.ok(parsed.ok, `${text}\n${JSON.stringify(parsed.problems)}`);
  return withoutPositions(parsed.value);
}

// Words and comments in order, without the margins inside of comments.
function wordsOf(text: string, language: ModelLanguage): readonly string[] {
  return tokensOf(text, language).map((token) =>
    token.kind === "comment" ? token.text.replace(/\n\s*/g, "\n") : token.text,
  );
}

function assertKept(text: string, language: ModelLanguage): void {
  const formatted = format(text, language);
  assert.deepEqual(wordsOf(formatted, language), wordsOf(text, language));
  assert.deepEqual(modelOf(formatted, language), modelOf(text, language));
  assert.equal(format(formatted, language), formatted);
  assert.doesNotMatch(formatted, /[ \t]\n(?![^"']*["'])|\n\n\n(?![^"']*["'])|\r\n(?![^"']*["'])/);
}

const gap = (language: ModelLanguage) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(" ", "  ", "\t", "\n", "\n\n", "\n\n\n\n", "\r\n") },
    {
      weight: 1,
      arbitrary: fc.constantFrom(" // behind\n", "\n// { its own line\n", "// ; }  \n\n"),
    },
    {
      weight: language === "app" ? 1 : 0,
      arbitrary: fc.constantFrom(
        "/* in line */",
        " /* x */\n",
        "\n/* own */ ",
        "\n\n  /* two\n     lines\n\n */\n",
        " /* two  \n lines */ ",
      ),
    },
  );

/** A text with anything that may stand between two words thrown between them. */
function mangled(text: string, language: ModelLanguage): fc.Arbitrary<string> {
  const words = tokensOf(text, language).map((token) => token.text);
  return fc
    .array(gap(language), { minLength: words.length, maxLength: words.length })
    .map((gaps) => words.map((word, index) => `${gaps[index] ?? ""}${word}`).join(""));
}

describe("formatting", () => {
  for (const name of readdirSync(CORPUS)) {
    it(`keeps what ${name} says`, () => {
      const language = name.endsWith(".riaps") ? "app" : "deployment";
      assertKept(readFileSync(new URL(name, CORPUS), "utf8"), language);
    });
  }

  it("keeps what any model says, wherever white space and comments stand", () => {
    const texts = appFile.chain((file) => mangled(printAppFile(file), "app"));
    fc.assert(
      fc.property(texts, (text) => assertKept(text, "app")),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("keeps what any deployment says, wherever white space and comments stand", () => {
    const texts = deployment.chain((file) => mangled(printDeployment(file), "deployment"));
    fc.assert(
      fc.property(texts, (text) => assertKept(text, "deployment")),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("does not change what was printed", () => {
    fc.assert(
      fc.property(appFile, deployment, (file, placed) => {
        assert.equal(format(printAppFile(file), "app"), printAppFile(file));
        assert.equal(format(printDeployment(placed), "deployment"), printDeployment(placed));
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it("tells what is wrong with a text that does not parse, and leaves it", () => {
    const formatted = formatText("app A {", "a.riaps", "app");
    assert.equal(formatted.ok, false);
    assert.equal(formatted.problems.length, 1);
  });
});

describe("layout", () => {
  const lines = (...text: string[]): string => text.map((line) => `${line}\n`).join("");

  it("gives statements a line each, blocks a level, and keeps single empty lines", () => {
    const text = `// head


      app   A{
      message M;message N;


      component C ( a=1 ,b = "x" )in python scheduler  rr ;
      { pub p :M timed;

        sub q:N within 5msec;
      } actor X{local M,N;{c:C( a = 1 );}}
      }`;
    assert.equal(
      format(text.replace("5msec", "5 msec"), "app"),
      lines(
        "// head",
        "",
        "app A {",
        "  message M;",
        "  message N;",
        "",
        '  component C(a=1, b="x") in python scheduler rr; {',
        "    pub p: M timed;",
        "",
        "    sub q: N within 5 msec;",
        "  }",
        "  actor X { local M, N; { c: C(a=1); } }",
        "}",
      ),
    );
  });

  it("keeps a block on one line when it was there and fits", () => {
    const port = "    pub port: Message;";
    const flat = `  component C {${port.trim().repeat(4).replaceAll(";p", "; p")} }`;
    const text = `app A {\n${flat}\n${flat.replace("C {", "D {\n")}\n  actor X { { c: C; } }\n}`;
    const formatted = format(text, "app");
    assert.match(formatted, /^ {2}component C \{ pub.*\}$/m);
    assert.match(formatted, /^ {2}component D \{\n {4}pub port: Message;\n/m);
    const long = format(text.replace("component C {", `component ${"C".repeat(30)} {`), "app");
    assert.match(long, /^ {2}component C+ \{\n {4}pub port: Message;\n/m);
  });

  it("breaks long lines behind a comma, with the rest set in", () => {
    const formals = Array.from({ length: 20 }, (_, index) => `parameter${index}=${index}`);
    const text = `app A { component C(${formals.join(", ")}) { } actor X { { c: C; } } }`;
    const formatted = format(text, "app").split("\n");
    assert.ok(formatted.every((line) => line.length <= LINE_CHARACTERS_MAX));
    assert.match(formatted[1]!, /^ {2}component C\(parameter0=0, .*,$/);
    assert.match(formatted[2]!, /^ {6}parameter/);
  });

  it("keeps comments at their statements, below each other behind short lines", () => {
    const text = `language hedgerow 1; // ours
// of the app
app A { // opens
  message M; // m
  message Longer;  //   longer
  message N; /* n */

  /* Two
       lines. */
  component C { // ports
    pub p: /* of */ M; // to all
    // the last
  } // closed
  actor X { { c: C; } } }
// end`;
    assert.equal(
      format(text, "app"),
      lines(
        "language hedgerow 1; // ours",
        "// of the app",
        "app A { // opens",
        "  message M;      // m",
        "  message Longer; //   longer",
        "  message N;      /* n */",
        "",
        "  /* Two",
        "       lines. */",
        "  component C { // ports",
        "    pub p: /* of */ M; // to all",
        "    // the last",
        "  } // closed",
        "  actor X { { c: C; } }",
        "}",
        "// end",
      ),
    );
  });

  it("sets what follows a comment in the middle of a statement in", () => {
    assert.equal(
      format("app A { on (a, // first\n b) // second\n X ; }", "deployment"),
      lines("app A {", "  on (a, // first", "      b) // second", "      X;", "}"),
    );
  });

  it("writes blocks behind actors, boards, constraints and hosts as people do", () => {
    const text = `language hedgerow 1;
app A{board b1{memory 1 gb;cores 2;}host  all{network any;}
on(b1)X(a=b)as x{isolation own;
open c.p "tcp://*:1";},Y as y{};
place 2 X{restart never;}on(b1,b2)where memory>=1 mb,arch=arm64;}`;
    assert.equal(
      format(text, "deployment"),
      lines(
        "language hedgerow 1;",
        "app A {",
        "  board b1 { memory 1 gb; cores 2; }",
        "  host all { network any; }",
        "  on (b1) X(a=b) as x {",
        "    isolation own;",
        '    open c.p "tcp://*:1";',
        "  }, Y as y { };",
        "  place 2 X { restart never; } on (b1, b2) where memory >= 1 mb, arch = arm64;",
        "}",
      ),
    );
  });
});
