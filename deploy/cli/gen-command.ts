import { basename, dirname, resolve } from "node:path";
import type { AppModel } from "../../agent/model/app-model.ts";
import { checkApp } from "../../agent/model/check-app.ts";
import { parseApp } from "../../agent/model/parse-app.ts";
import { formatProblem, hasErrors } from "../../agent/model/problem.ts";
import { compareCode, type FileReport, writeCode } from "../scaffold/code-folder.ts";
import { planCode } from "../scaffold/plan-rule.ts";
import { type Command, EXIT, type Terminal, UsageError } from "./command.ts";
import { readText } from "./read-text.ts";
import { readWords, textOf } from "./words.ts";

/** `hedgerow gen`: typed code from a model, kept in step with it. */
export const genCommand: Command = {
  summary: "write typed component skeletons from a model, and keep them in step with it",
  help: `hedgerow gen MODEL.riaps [--output FOLDER] [--check] [--json]

Writes generated/*.ts: message types, and for each component its ports, parameters and handlers. These
files are the model's: they are written anew whenever it changes. Once, where it is missing, it creates
the developer's code: a file for each component, application.ts, and messages.ts for messages to which the
model gives no fields. A file of the developer's that exists is never touched; where it no longer fits the
model, it no longer compiles.

  --output FOLDER       where the code is; default: the model's folder
  --check               writes nothing; fails when generated files are not what the model says
  --json                the result as JSON

Exit status: 0 done, or in step; 1 errors in the model, or out of step; 2 wrong usage.`,
  async run(words, terminal) {
    const { values, positionals } = readWords(words, {
      ...{ output: { type: "string" }, check: { type: "boolean" }, json: { type: "boolean" } },
    });
    const [modelPath, ...rest] = positionals;
    if (modelPath === undefined || rest.length > 0) throw new UsageError("gen takes a .riaps file");
    const app = readModel(await readText(modelPath), modelPath, terminal);
    if (app === undefined) return EXIT.failed;
    const plan = planCode(app, basename(modelPath));
    if (plan.faults.length > 0) {
      terminal.err.write(`${plan.faults.join("\n")}\n`);
      return EXIT.failed;
    }
    const folder = resolve(textOf(values, "output") ?? dirname(modelPath));
    const isCheck = values["check"] === true;
    const files = await (isCheck ? compareCode : writeCode)(plan, folder);
    const { modelHash, notes } = plan;
    if (values["json"] === true)
      terminal.out.write(`${JSON.stringify({ modelHash, files, notes }, undefined, 1)}\n`);
    else terminal.out.write(reportText(files, notes, isCheck));
    return isCheck && files.some(isOutOfStep) ? EXIT.failed : EXIT.ok;
  },
};

function readModel(text: string, path: string, { err }: Terminal): AppModel | undefined {
  const app = parseApp(text, path);
  const problems = [...app.problems, ...(app.ok ? checkApp(app.value) : [])];
  for (const problem of problems) err.write(`${formatProblem(problem, text)}\n`);
  return app.ok && !hasErrors(problems) ? app.value : undefined;
}

/** Files of the developer's that are missing are out of step too: the application cannot compile. */
function isOutOfStep({ fate }: FileReport): boolean {
  return fate !== "unchanged" && fate !== "kept";
}

const WORDS = {
  now: { written: "written", created: "created: yours from now on", removed: "removed" },
  check: { written: "out of date", created: "missing", removed: "superfluous" },
} as const;

function reportText(
  files: readonly FileReport[],
  notes: readonly string[],
  isCheck: boolean,
): string {
  const told = isCheck ? WORDS.check : WORDS.now;
  const lines = files.flatMap(({ path, fate }) =>
    fate === "unchanged" || fate === "kept" ? [] : [`${path}: ${told[fate]}`],
  );
  if (lines.length === 0) lines.push("in step with the model");
  return [...notes.map((note) => `note: ${note}`), ...lines].map((line) => `${line}\n`).join("");
}
