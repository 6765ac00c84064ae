import { join, resolve } from "node:path";
import { isFree, writeProject } from "../scaffold/new-project.ts";
import { EXAMPLES, nameFault } from "../scaffold/project-rule.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { readWords, textOf } from "./words.ts";

const DEFAULT_EXAMPLE = "hello";

function examplesText(): string {
  const lines = Object.entries(EXAMPLES).map(
    ([name, { about }]) => `  ${name.padEnd(20)}  ${about}`,
  );
  return lines.join("\n");
}

/** `hedgerow new`: a folder with an application that runs, and its tests. */
export const newCommand: Command = {
  summary: "begin an application: model, components, tests, in a folder of its own",
  help: `hedgerow new NAME [--example NAME] [--in FOLDER]

Makes the folder NAME with a model, a deployment, typed components, and tests that run the application in
the simulator. NAME has small letters, digits and hyphens, such as room-climate. Nothing is overwritten.

  --example NAME        what it begins as; default ${DEFAULT_EXAMPLE}
  --in FOLDER           where the folder is made; default: here

Examples:
${examplesText()}

Exit status: 0 done; 2 wrong usage, or there is something already.`,
  async run(words, { out }) {
    const { values, positionals } = readWords(words, {
      ...{ example: { type: "string" }, in: { type: "string" } },
    });
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0)
      throw new UsageError("new takes the name of the application, such as room-climate");
    const fault = nameFault(name);
    if (fault !== undefined) throw new UsageError(`${name}: ${fault}`);
    const example = textOf(values, "example") ?? DEFAULT_EXAMPLE;
    if (!Object.hasOwn(EXAMPLES, example))
      throw new UsageError(
        `there is no example ${example}; there are ${Object.keys(EXAMPLES).join(", ")}`,
      );
    const folder = join(resolve(textOf(values, "in") ?? "."), name);
    if (!(await isFree(folder)))
      throw new UsageError(`${folder} is there already: choose another name, or remove it`);
    const paths = await writeProject(name, example, folder);
    const shown = paths.map((path) => `  ${name}/${path}\n`).join("");
    out.write(`${shown}\nNext:\n  cd ${name}\n  npm install\n  npm test\n`);
    return EXIT.ok;
  },
};
