import { formatProblem, hasErrors } from "../../agent/model/problem.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { readModelFiles } from "./model-files.ts";
import { readWords } from "./words.ts";

/** `hedgerow check`: what is wrong with models and their deployments. */
export const checkCommand: Command = {
  summary: "check models (.riaps) and, if given, their deployments (.depl)",
  help: `hedgerow check FILE... [--json]

Prints every problem as file:line:column with what was expected and a hint. Files are models (.riaps)
and deployments (.depl); a deployment is checked against the model of its application. Without a model
only its own syntax is.

  --json   a list of problems: file, line, column, severity, message, expected, hint

Exit status: 0 nothing wrong (there may be warnings), 1 errors, 2 wrong usage.`,
  async run(words, { out }) {
    const { values, positionals } = readWords(words, { json: { type: "boolean" } });
    if (positionals.length === 0)
      throw new UsageError("check takes .riaps files and, if wanted, .depl files");
    const { problems, sources } = await readModelFiles(positionals);
    if (values["json"] === true) out.write(`${JSON.stringify(problems, undefined, 1)}\n`);
    else {
      for (const problem of problems)
        out.write(`${formatProblem(problem, sources[problem.file])}\n`);
      if (problems.length === 0) out.write("nothing wrong\n");
    }
    return hasErrors(problems) ? EXIT.failed : EXIT.ok;
  },
};
