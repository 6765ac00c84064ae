// Goal: several errors of syntax are told in one run, each at its place, and none that is only the
// consequence of an earlier one; limits on size and number hold; a problem reads well.
// Method: valid models with some statements spoilt at random: the lines told are the lines spoilt.
// Seed: fixed below.
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseApp } from "./parse-app.ts";
import { parseDeployment } from "./parse-deployment.ts";
import { SOURCE_CHARACTERS_MAX, SYNTAX_PROBLEMS_MAX } from "./parse-text.ts";
import { formatProblem } from "./problem.ts";

const SEED = 20261120;
const MODEL = `app A { // { not a brace
  message M;
  message N;
  group G using M timed heartbeat=5;
  library "a{b;";
  component C(a="}") {
    pub p: M;
    sub q: M timed within 5 msec;
    clt r: (M, N); /* ; } */
    timer t 5 sec;
  }
  device D {
    srv s: (M, N);
    inside i default;
  }
  actor X(f=1) {
    local M, N;
    uses {
      cpu 5 %;
      mem 5 mb;
    }
    {
      c : C(a=f);
      d : D;
    }
  }
}
`;
// Lines that hold one whole statement, and what makes each of them wrong behind its first word.
const SPOILT: Readonly<Record<number, readonly [string, string]>> = {
  2: ["message M", "message 3"],
  4: ["using", "usnig"],
  5: ["library ", "library ="],
  7: [":", ""],
  8: ["within", "in"],
  9: ["(M,", "(M"],
  10: ["5 sec", "5 secs"],
  13: ["srv s:", "srv s"],
  14: ["default", "defualt"],
  17: ["M,", "M"],
  19: ["%", ""],
  20: ["5 mb", "mb"],
  23: ["(a=f)", "(a=)"],
  24: [" : D", " D"],
};

function spoil(lines: readonly number[]): string {
  return MODEL.split("\n")
    .map((text, index) => {
      const [from, to] = SPOILT[index + 1] ?? ["", ""];
      return lines.includes(index + 1) ? text.replace(from, to) : text;
    })
    .join("\n");
}

function linesTold(text: string): number[] {
  return parseApp(text, "a.riaps").problems.map(({ line }) => line);
}

describe("several errors of syntax", () => {
  it("parses the text it starts from", () => {
    assert.deepEqual(parseApp(MODEL, "a.riaps").problems, []);
  });

  for (const line of Object.keys(SPOILT).map(Number))
    it(`tells the one on line ${line} and no other`, () => {
      assert.deepEqual(linesTold(spoil([line])), [line]);
    });

  it("tells all of several, and no others", () => {
    const some = fc.uniqueArray(fc.constantFrom(...Object.keys(SPOILT).map(Number)), {
      minLength: 1,
    });
    fc.assert(
      fc.property(some, (lines) => {
        assert.deepEqual(
          linesTold(spoil(lines)),
          [...lines].sort((a, b) => a - b),
        );
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it("keeps its head when any one character is lost", () => {
    const place = fc.nat({ max: MODEL.length - 1 });
    fc.assert(
      fc.property(place, (offset) => {
        const lost = MODEL.slice(offset, offset + 1);
        const line = MODEL.slice(0, offset).split("\n").length;
        const text = MODEL.slice(0, offset) + MODEL.slice(offset + 1);
        const [first, ...others] = parseApp(text, "a.riaps").problems;
        if (first === undefined) return;
        assert.ok(first.line >= line, `${lost} of line ${line}: told at line ${first.line}`);
        // A brace, a quote or the end of a comment changes what everything behind it is.
        if (!/[{}"'/*\n]/.test(lost)) assert.deepEqual(others, []);
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  it("tells a missing semicolon and what is wrong on later lines", () => {
    assert.deepEqual(linesTold(spoil([9, 24]).replace("pub p: M;", "pub p: M")), [8, 9, 24]);
  });

  it("tells each semicolon that is missing before a brace", () => {
    const text = MODEL.replace("timer t 5 sec;", "timer t 5 sec").replace("d : D;", "d : D");
    assert.deepEqual(linesTold(text), [11, 25]);
  });

  it("skips a whole block, and no more", () => {
    const text = spoil([13]).replace("component C", "compnent C");
    assert.deepEqual(linesTold(text), [6, 13]);
  });

  it("takes nothing behind an open comment or string for code", () => {
    const inComment = MODEL.replace("  device D", "  /* x; device Z { pub 3; }\n device D");
    assert.deepEqual(linesTold(inComment), [12]);
    const inString = MODEL.replace('C(a="}")', "C(a='}) { pub 3; }").replace(
      "timer t 5",
      "timer 5 t",
    );
    assert.deepEqual(linesTold(inString), [6]);
  });

  it("stops at an error when the braces do not match", () => {
    assert.deepEqual(linesTold(`}${spoil([4, 10])}{`), [1]);
    assert.deepEqual(linesTold(spoil([4, 10]).replace(/}\n$/, "")), [4]);
  });

  it("tells no more than its limit", () => {
    const many = "  message 3;\n".repeat(2 * SYNTAX_PROBLEMS_MAX);
    const told = linesTold(
      MODEL.replace("  message N;\n", many.replaceAll("\n", "\n  message O;\n")),
    );
    assert.equal(told.length, SYNTAX_PROBLEMS_MAX);
  });

  it("says nothing of meaning while the syntax is wrong", () => {
    const { problems } = parseApp(spoil([10]).replace("(M, N)", "(,)"), "a.riaps");
    assert.deepEqual(
      problems.map(({ line }) => line),
      [10],
    );
  });

  it("refuses a text beyond its limit", () => {
    const { ok, problems } = parseApp(" ".repeat(SOURCE_CHARACTERS_MAX + 1), "a.riaps");
    assert.equal(ok, false);
    assert.equal(problems.length, 1);
  });

  it("goes on in deployments too", () => {
    const text =
      "app A {\n  host h { network ; }\n  on h X;\n  on (h) X(;\n  on all Y;\n  on () Z;\n}\n";
    assert.deepEqual(
      parseDeployment(text, "a.depl").problems.map(({ line }) => line),
      [2, 3, 4, 6],
    );
  });
});

describe("a problem as text", () => {
  it("names file, line, column, the line with a caret, what was expected, and a hint", () => {
    const text = "app A {\r\n\tmessage M : S;\r\n}\r\n";
    const [problem] = parseApp(text, "models/a.riaps").problems;
    assert.equal(
      formatProblem(problem!, text),
      [
        "models/a.riaps:2:12: error: `:` is not expected here",
        "  \tmessage M : S;",
        "  \t          ^",
        '  expected: ";", "{"',
        "  hint: a message is a name: message Name; with fields, which are ours: message Name { field: type; }",
      ].join("\n"),
    );
  });

  it("advises words of ours only in files that have the marker", () => {
    const text = "app A { message M; component C { sub s: M x; } }";
    const expected = (source: string) => parseApp(source, "a.riaps").problems[0]!.expected;
    assert.deepEqual(expected(text), ['";"', '"timed"', '"within"']);
    const marked = `// first\nlanguage hedgerow 1; ${text}`;
    assert.deepEqual(expected(marked), ['";"', '"queue"', '"timed"', '"within"']);
  });

  it("does without the text", () => {
    const problem = {
      file: "a",
      line: 9,
      column: 2,
      message: "no",
      expected: [],
      severity: "warning" as const,
    };
    assert.equal(formatProblem(problem), "a:9:2: warning: no");
    assert.equal(formatProblem(problem, "one line"), "a:9:2: warning: no");
  });
});
