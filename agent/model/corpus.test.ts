// Goal: every file under corpus/accept passes with no more than the warnings it announces, every file
// under corpus/reject fails with exactly the problems, at exactly the places, that it announces.
// Method: a file begins with lines `// expect [warning ][other file:]line:column message`; a
// deployment also names its application: `// with name.riaps`, of corpus/accept.
// Seed: none.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { checkApp } from "./check-app.ts";
import { checkDeployment } from "./check-deployment.ts";
import { parseAppFile } from "./parse-app.ts";
import { parseDeployment } from "./parse-deployment.ts";
import { formatProblem, hasErrors, type Problem } from "./problem.ts";

// The tests run in dist/, the corpus stays with the sources.
const CORPUS = new URL("../../../agent/model/corpus/", import.meta.url);

function read(folder: string, name: string): string {
  return readFileSync(new URL(`${folder}/${name}`, CORPUS), "utf8");
}

function problemsOf(text: string, name: string): readonly Problem[] {
  if (name.endsWith(".riaps")) {
    const file = parseAppFile(text, name);
    return file.ok ? [...file.problems, ...file.value.apps.flatMap(checkApp)] : file.problems;
  }
  const deployment = parseDeployment(text, name);
  const appName = /^\/\/ with (\S+)/m.exec(text)?.[1];
  if (!deployment.ok || appName === undefined) return deployment.problems;
  const file = parseAppFile(read("accept", appName), appName);
  assert.ok(file.ok, `${appName} must parse`);
  assert.equal(hasErrors(checkApp(file.value.apps[0]!)), false);
  return checkDeployment(file.value.apps[0]!, deployment.value);
}

for (const folder of ["accept", "reject"]) {
  describe(`corpus: ${folder}`, () => {
    for (const name of readdirSync(new URL(`${folder}/`, CORPUS)))
      it(name, () => {
        const text = read(folder, name);
        const expected = [...text.matchAll(/^\/\/ expect (.*)$/gm)].map((match) => match[1]!);
        const problems = problemsOf(text, name);
        const told = problems.map(({ file, line, column, severity, message }) => {
          const place = `${file === name ? "" : `${file}:`}${line}:${column}`;
          return `${severity === "warning" ? "warning " : ""}${place} ${message}`;
        });
        assert.deepEqual(
          told,
          expected,
          problems.map((problem) => formatProblem(problem)).join("\n"),
        );
        assert.equal(hasErrors(problems), folder === "reject");
      });
  });
}
