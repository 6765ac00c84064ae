import { hasErrors } from "../../agent/model/problem.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { readModel } from "./read-model.ts";
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
    const { problems, problemTexts } = await readModel(modelPath, deploymentPath);
    if (values["json"] === true) out.write(`${JSON.stringify(problems, undefined, 1)}\n`);
    else {
      for (const text of problemTexts) out.write(`${text}\n`);
      if (problems.length === 0) out.write("nothing wrong\n");
    }
    return hasErrors(problems) ? EXIT.failed : EXIT.ok;
  },
};
