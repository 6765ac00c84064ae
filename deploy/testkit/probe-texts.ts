import { SECOND_TICK } from "../../agent/component/inside-tick.ts";
import type { Port, Ports } from "../../agent/component/ports.ts";
import { AgentError } from "../../agent/core/errors.ts";
import type { AppModel } from "../../agent/model/app-model.ts";
import { checkApp } from "../../agent/model/check-app.ts";
import { checkDeployment } from "../../agent/model/check-deployment.ts";
import type { DeploymentModel } from "../../agent/model/deployment-model.ts";
import { parseApp } from "../../agent/model/parse-app.ts";
import { parseDeployment } from "../../agent/model/parse-deployment.ts";
import { namedBoards, placesEverywhere } from "../../agent/model/placement-rule.ts";
import { printAppFile } from "../../agent/model/print-app.ts";
import { printDeployment } from "../../agent/model/print-deployment.ts";
import { formatProblem, hasErrors, type ParseResult } from "../../agent/model/problem.ts";
import { PROBE } from "./probe.ts";

const MODEL_NAME = "model.riaps";
const DEPLOYMENT_NAME = "deployment.depl";

/** A model and a deployment that have no error of their own. */
export interface Application {
  readonly app: AppModel;
  readonly deployment: DeploymentModel;
  /** All boards of the run. */
  readonly boards: readonly string[];
}

/** The test's component, and where it is. */
export interface ProbePlace {
  readonly ports: Ports;
  readonly board: string;
}

/** What a run adds to an application. */
export interface ReadOptions {
  /** Boards beside those that the deployment names. */
  readonly boards?: readonly string[];
  readonly probe?: ProbePlace | undefined;
}

/**
 * Parses and checks both texts, with the test's component among the application's, if there is one.
 * @throws AgentError MODEL_INVALID with every problem as file:line:column of the texts; Error when a
 * deployment for all boards comes without any.
 */
export function readTexts(
  modelText: string,
  deploymentText: string,
  { boards: given = [], probe }: ReadOptions = {},
): Application {
  const app = valueOf(parseApp(modelText, MODEL_NAME), modelText);
  const deployment = valueOf(parseDeployment(deploymentText, DEPLOYMENT_NAME), deploymentText);
  const boards = [...new Set([...given, ...namedBoards(deployment)])];
  if (placesEverywhere(deployment) && given.length === 0)
    throw new Error('the deployment is for all boards: give `boards`, such as ["north", "south"]');
  const own = { app, deployment, boards };
  const application = probe === undefined ? own : withProbe(own, probe);
  refuseErrors(application, { [MODEL_NAME]: modelText, [DEPLOYMENT_NAME]: deploymentText });
  return application;
}

function refuseErrors(
  { app, deployment }: Application,
  sources: Readonly<Record<string, string>>,
): void {
  const problems = [...checkApp(app), ...checkDeployment(app, deployment)];
  if (hasErrors(problems))
    refuse(problems.map((problem) => formatProblem(problem, sources[problem.file])));
}

function valueOf<T>(result: ParseResult<T>, text: string): T {
  if (result.ok) return result.value;
  return refuse(result.problems.map((problem) => formatProblem(problem, text)));
}

function refuse(problems: readonly string[]): never {
  throw new AgentError("MODEL_INVALID", { problems: `\n${problems.join("\n")}\n` });
}

/** The same application with the test's component. */
function withProbe(
  { app, deployment, boards }: Application,
  { ports, board }: ProbePlace,
): Application {
  // Parsed from text: whatever else the language says of a component, it says of this one too.
  const model = `language hedgerow 1;\n${probeModel(app, ports)}`;
  const place = `app ${app.name} { on (${board}) ${PROBE}; }`;
  const extra = valueOf(parseApp(model, MODEL_NAME), model);
  const { placements } = valueOf(parseDeployment(place, DEPLOYMENT_NAME), place);
  return {
    app: {
      ...app,
      components: [...app.components, ...extra.components],
      actors: [...app.actors, ...extra.actors],
    },
    deployment: {
      ...deployment,
      // Not for all boards any more: the test's own is none of the application's.
      placements: [
        ...deployment.placements.map((placement) =>
          placement.targets === "all"
            ? {
                ...placement,
                targets: boards.map((name) => ({ name, position: placement.position })),
              }
            : placement,
        ),
        ...placements,
      ],
    },
    boards: [...new Set([...boards, board])],
  };
}

/** Both as text. */
export function printed({ app, deployment }: Application): {
  readonly modelName: string;
  readonly modelText: string;
  readonly deploymentName: string;
  readonly deploymentText: string;
} {
  const { fileName, languageVersion } = app;
  return {
    modelName: MODEL_NAME,
    modelText: printAppFile({ fileName, languageVersion, apps: [app] }),
    deploymentName: DEPLOYMENT_NAME,
    deploymentText: printDeployment(deployment),
  };
}

function probeModel(app: AppModel, ports: Ports): string {
  const names = messageNames(ports);
  // Scope belongs to a message in an actor; the test hears what the board's other actors hear.
  const locals = new Set(app.actors.flatMap((actor) => actor.locals.map(({ name }) => name)));
  const local = names.filter((name) => locals.has(name));
  return [
    `app ${app.name} {`,
    ...names.map((name) => `message ${name};`),
    `component ${PROBE} { ${portLines(ports).join(" ")} }`,
    `actor ${PROBE} { ${local.length === 0 ? "" : `local ${local.join(", ")};`}`,
    `{ probe : ${PROBE}; } } }`,
  ].join("\n");
}

/** The names of all messages of `ports`, each once. */
export function messageNames(ports: Ports): readonly string[] {
  return [...new Set(Object.values(ports).flatMap(namesOf))];
}

function namesOf(port: Port): readonly string[] {
  if ("message" in port) return [(port.message as { readonly name: string }).name];
  if (!("request" in port)) return [];
  return [port.request, port.reply].map((type: { readonly name: string }) => type.name);
}

/** Ports as a model has them; `periodsMs` of timers, the others are sporadic. */
export function portLines(
  ports: Ports,
  periodsMs: Readonly<Record<string, number | undefined>> = {},
): readonly string[] {
  return Object.entries(ports).map(([name, port]) => {
    const [first, second] = namesOf(port);
    if (port.kind === "ins") return `inside ${name}${port.up === SECOND_TICK ? " default" : ""};`;
    if (port.kind === "tim") {
      const periodMs = periodsMs[name];
      return `timer ${name}${periodMs === undefined ? "" : ` ${periodMs} msec`};`;
    }
    return second === undefined
      ? `${port.kind} ${name} : ${first ?? ""};`
      : `${port.kind} ${name} : (${first ?? ""}, ${second});`;
  });
}
