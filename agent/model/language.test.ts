// Goal: what the language reference shows is so: every example parses, whole files pass their check,
// and what is ours is refused without the marker, with the hint to add it.
// Method: takes the examples out of LANGUAGE.md; parts of a file are put into the smallest whole one.
// Seed: none.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { AppModel } from "./app-model.ts";
import { checkApp } from "./check-app.ts";
import { checkDeployment } from "./check-deployment.ts";
import { formatText } from "./format-text.ts";
import { parseApp } from "./parse-app.ts";
import { parseDeployment } from "./parse-deployment.ts";
import { formatProblem, hasErrors, type Problem } from "./problem.ts";

const PAGE = readFileSync(new URL("../../../agent/model/LANGUAGE.md", import.meta.url), "utf8");
const MARKER = "language hedgerow 1;\n";
const COMPONENT = "component C { timer t 1; }";
const ACTOR = "actor X { { c: C; } }";

const WHOLE: Readonly<Record<string, (part: string) => string>> = {
  "riaps messages": (part) => `app A { ${part} ${COMPONENT} ${ACTOR} }`,
  "riaps components": (part) => `app A { ${part} ${ACTOR} }`,
  "riaps ports": (part) => `app A { component C { ${part} } ${ACTOR} }`,
  "riaps actors": (part) => `app A { ${COMPONENT} ${part} }`,
  "depl statements": (part) => `app A { ${part} on all X; }`,
  riaps: (file) => file,
  depl: (file) => file,
};

const examples = [...PAGE.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(
  ([, info = "", text = ""], index) => {
    const isOurs = info.endsWith(" ours");
    const kind = info.replace(/ ours$/, "");
    const wrap = WHOLE[kind];
    assert.ok(wrap !== undefined, `example ${index} is of no known kind: ${info}`);
    return { title: `${index + 1}: ${info}`, text, kind, isOurs, whole: wrap(text) };
  },
);

const parse = (kind: string, text: string) =>
  kind.startsWith("riaps") ? parseApp(text, "a.riaps") : parseDeployment(text, "a.depl");
const listed = (problems: readonly Problem[]): string =>
  problems.map((p) => formatProblem(p)).join("\n");

describe("the language reference", () => {
  it("has examples of both languages, ours among them", () => {
    for (const kind of Object.keys(WHOLE))
      assert.ok(
        examples.some((each) => each.kind === kind),
        kind,
      );
    assert.ok(examples.filter(({ isOurs }) => isOurs).length >= 5);
  });

  for (const { title, kind, isOurs, whole } of examples)
    it(`shows what parses, and needs the marker when it is ours: ${title}`, () => {
      const marked = parse(kind, isOurs ? MARKER + whole : whole);
      assert.ok(marked.ok, listed(marked.problems));
      if (!isOurs) return;
      const bare = parse(kind, whole);
      assert.equal(bare.ok, false);
      for (const { hint } of bare.problems)
        assert.equal(hint, "begin the file with: language hedgerow 1;");
    });

  it("shows whole files that pass their check, laid out as the formatter does", () => {
    let app: AppModel | undefined;
    for (const { kind, text } of examples) {
      if (kind === "riaps") {
        const parsed = parseApp(text, "a.riaps");
        assert.ok(parsed.ok);
        app = parsed.value;
        assert.equal(hasErrors(checkApp(app)), false, listed(checkApp(app)));
      } else if (kind === "depl") {
        const parsed = parseDeployment(text, "a.depl");
        assert.ok(parsed.ok && app !== undefined);
        const problems = checkDeployment(app, parsed.value);
        assert.equal(hasErrors(problems), false, listed(problems));
      } else continue;
      const formatted = formatText(text, "a", kind === "riaps" ? "app" : "deployment");
      assert.ok(formatted.ok);
      assert.equal(formatted.value, text);
    }
  });
});
