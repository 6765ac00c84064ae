import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { HttpRpc } from "../../agent/io/http-rpc.ts";
import { formatProblem, hasErrors } from "../../agent/model/problem.ts";
import { buildGraph } from "../graph/build-graph.ts";
import { dotText } from "../graph/dot-text.ts";
import type { Graph } from "../graph/graph.ts";
import { liveGraph } from "../graph/live-graph.ts";
import { mermaidText } from "../graph/mermaid-text.ts";
import { svgText } from "../graph/svg-text.ts";
import { AgentLink } from "../watch/agent-link.ts";
import { type ClusterLook, ClusterWatch } from "../watch/look.ts";
import { type Command, CommandError, EXIT, type Terminal, UsageError } from "./command.ts";
import { AGENT_HELP, AGENT_OPTIONS, findAgent } from "./find-agent.ts";
import { languageOf, readModelFiles } from "./model-files.ts";
import { readWords, textOf, type Values, wholeOption } from "./words.ts";

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
  --live                 asks the running agents: messages a second at every port, ports without a peer,
                         actors that do not run, boards that do not answer; every actor is drawn
  --interval S           with --live: over how many seconds, 1 to 3600; default 1
  --json                 what would be drawn, as JSON: boards, actors, components, ports, links
${AGENT_HELP}

Exit status: 0 done, 1 the files have errors, which are told, 2 wrong usage.`,
  async run(words, terminal) {
    const { out, err } = terminal;
    const { values, positionals } = readWords(words, {
      as: { type: "string" },
      output: { type: "string" },
      app: { type: "string" },
      every: { type: "boolean" },
      ...{ live: { type: "boolean" }, interval: { type: "string" }, json: { type: "boolean" } },
      ...AGENT_OPTIONS,
    });
    const models = positionals.filter((path) => languageOf(path) === "app");
    if (models.length !== 1 || positionals.length > 2)
      throw new UsageError("graph takes a .riaps file and, if wanted, a .depl file");
    const output = textOf(values, "output");
    const write =
      values["json"] === true
        ? (graph: Graph) => `${JSON.stringify(graph)}\n`
        : writerOf(textOf(values, "as"), output);
    const isLive = values["live"] === true;
    if (isLive && positionals.length < 2) throw new UsageError("--live takes a .depl file too");
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
    const isEveryActor = isLive || values["every"] === true;
    const graph = buildGraph(app, deployment, { isEveryActor });
    const text = write(isLive ? liveGraph(graph, (await lookOf(values, terminal)).boards) : graph);
    if (output === undefined) out.write(text);
    else await writeFile(output, text);
    return EXIT.ok;
  },
};

/** What all boards say of one span of time. @throws CommandError when the agent of this machine is not there. */
async function lookOf(values: Values, { signal }: Terminal): Promise<ClusterLook> {
  const seconds = wholeOption(values, "interval", { min: 1, max: 3600, fallback: 1 });
  const path = await findAgent(values);
  await using link = new AgentLink(new HttpRpc(), `unix:${path}`);
  const watch = new ClusterWatch(link);
  await watch.look();
  await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
  const look = await watch.look();
  if (look === undefined)
    throw new CommandError(`the agent at ${path} does not answer; is it running?`);
  return look;
}

function writerOf(as: string | undefined, output: string | undefined): (graph: Graph) => string {
  const ending = /\.(dot|mmd|svg)$/.exec(output ?? "")?.[1];
  const format = as ?? (ending === "mmd" ? "mermaid" : ending) ?? "svg";
  const write = Object.hasOwn(WRITERS, format) ? WRITERS[format] : undefined;
  if (write === undefined) throw new UsageError(`--as takes dot, mermaid or svg, not ${format}`);
  return write;
}
