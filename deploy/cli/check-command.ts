import { checkApp } from "../../agent/model/check-app.ts";
import { checkDeployment } from "../../agent/model/check-deployment.ts";
import { parseApp } from "../../agent/model/parse-app.ts";
import { parseDeployment } from "../../agent/model/parse-deployment.ts";
import { formatProblem, hasErrors, type Problem, sortProblems } from "../../agent/model/problem.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { readText } from "./node-command.ts";
import { readWords } from "./words.ts";

/** `hedgerow check`: what is wrong with a model and its deployment. */
export const checkCommand: Command = {
  summary: "check a model (.riaps) and, if given, its deployment (.depl)",
  help: `hedgerow check MODEL.riaps [DEPLOYMENT.depl] [--json]

Prints every problem as file:line:column with what was expected and a hint.
Exit status: 0 nothing wrong (there may be warnings), 1 errors, 2 wrong usage.`,
  async run(words, { out }) {
    const { values, positionals } = readWords(words, { json: { type: "boolean" } });
    const [modelPath, deploymentPath, ...rest] = positionals;
    if (modelPath === undefined || rest.length > 0)
      throw new UsageError("check takes a .riaps file and, if wanted, a .depl file");
    const sources: Record<string, string> = { [modelPath]: await readText(modelPath) };
    if (deploymentPath !== undefined) sources[deploymentPath] = await readText(deploymentPath);
    const problems = sortProblems(problemsOf(sources, modelPath, deploymentPath));
    if (values["json"] === true) out.write(`${JSON.stringify(problems, undefined, 1)}\n`);
    else {
      for (const problem of problems)
        out.write(`${formatProblem(problem, sources[problem.file])}\n`);
      if (problems.length === 0) out.write("nothing wrong\n");
    }
    return hasErrors(problems) ? EXIT.failed : EXIT.ok;
  },
};

function problemsOf(
  sources: Readonly<Record<string, string>>,
  modelPath: string,
  deploymentPath: string | undefined,
): readonly Problem[] {
  const app = parseApp(sources[modelPath] ?? "", modelPath);
  const problems = [...app.problems, ...(app.ok ? checkApp(app.value) : [])];
  if (deploymentPath === undefined) return problems;
  const deployment = parseDeployment(sources[deploymentPath] ?? "", deploymentPath);
  problems.push(...deployment.problems);
  // What is wrong with the model alone would be told twice.
  if (app.ok && deployment.ok && !hasErrors(problems))
    problems.push(...checkDeployment(app.value, deployment.value));
  return problems;
}
