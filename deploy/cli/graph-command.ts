import { writeFile } from "node:fs/promises";
import { formatProblem, hasErrors } from "../../agent/model/problem.ts";
import { buildGraph } from "../graph/build-graph.ts";
import { dotText } from "../graph/dot-text.ts";
import type { Graph } from "../graph/graph.ts";
import { mermaidText } from "../graph/mermaid-text.ts";
import { svgText } from "../graph/svg-text.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { languageOf, readModelFiles } from "./model-files.ts";
import { readWords, textOf } from "./words.ts";

const WRITERS: Readonly<Record<string, (graph: Graph) => string>> = {
  dot: dotText,
  mermaid: mermaidText,
  svg: svgText,
};

/** `hedgerow graph`: an application and where it runs, as a picture. */
export const graphCommand: Command = {
  summary: "draw a model (.riaps) and, if given, its deployment (.depl)",
  help: `hedgerow graph MODEL.riaps [DEPLOYMENT.depl] [options]

Draws components by actor and board, and who hears or asks whom by which message.

  --as dot|mermaid|svg   Graphviz, Mermaid, or a picture that stands by itself; default svg
  --output FILE          write there, not to standard output; its ending (.dot, .mmd, .svg) may say
                         what --as would
  --app NAME             which application, when the model holds several
  --every                draw every actor; else three or more of one type on a board are drawn as one

Exit status: 0 done, 1 the files have errors, which are told, 2 wrong usage.`,
  async run(words, { out, err }) {
    const { values, positionals } = readWords(words, {
      as: { type: "string" },
      output: { type: "string" },
      app: { type: "string" },
      every: { type: "boolean" },
    });
    const models = positionals.filter((path) => languageOf(path) === "app");
    if (models.length !== 1 || positionals.length > 2)
      throw new UsageError("graph takes a .riaps file and, if wanted, a .depl file");
    const output = textOf(values, "output");
    const write = writerOf(textOf(values, "as"), output);
    const { apps, deployments, problems, sources } = await readModelFiles(positionals);
    if (hasErrors(problems)) {
      for (const problem of problems)
        err.write(`${formatProblem(problem, sources[problem.file])}\n`);
      return EXIT.failed;
    }
    const [deployment = null] = deployments;
    const name = textOf(values, "app") ?? deployment?.appName ?? apps[0]?.name;
    const app = apps.find((each) => each.name === name);
    if (app === undefined) throw new UsageError(`the model has no application ${name ?? "at all"}`);
    const text = write(buildGraph(app, deployment, { isEveryActor: values["every"] === true }));
    if (output === undefined) out.write(text);
    else await writeFile(output, text);
    return EXIT.ok;
  },
};

function writerOf(as: string | undefined, output: string | undefined): (graph: Graph) => string {
  const ending = /\.(dot|mmd|svg)$/.exec(output ?? "")?.[1];
  const format = as ?? (ending === "mmd" ? "mermaid" : ending) ?? "svg";
  const write = Object.hasOwn(WRITERS, format) ? WRITERS[format] : undefined;
  if (write === undefined) throw new UsageError(`--as takes dot, mermaid or svg, not ${format}`);
  return write;
}
