import type { ActorType, AppModel, Formal } from "./app-model.ts";
import { checkKind } from "./check-actuals.ts";
import { checkBoards } from "./check-boards.ts";
import { checkConnections, type DeploymentCheckOptions } from "./check-connections.ts";
import { checkOptions } from "./check-options.ts";
import type { Argument, DeploymentModel, PlacedActor } from "./deployment-model.ts";
import { namedBoards, nameOf, placementOn, placesEverywhere } from "./placement-rule.ts";
import type { Problem } from "./problem.ts";
import { didYouMean, noteDuplicates, ProblemList } from "./problem-list.ts";

/**
 * What is wrong with a deployment of an application: actors and arguments that do not exist or do
 * not fit, names taken twice on a board, boards that are too few, blocks behind actors that cannot be
 * kept, ports that can never connect. Problems of ports stand in
 * the application's file. The application should have passed checkApp.
 */
export function checkDeployment(
  app: AppModel,
  deployment: DeploymentModel,
  options: DeploymentCheckOptions = {},
): readonly Problem[] {
  const found = new ProblemList(deployment.fileName);
  if (deployment.appName !== app.name)
    found.error(
      deployment.position,
      `the deployment is of application ${deployment.appName}, the model of ${app.name}`,
      `write: app ${app.name} {`,
    );
  const rules = deployment.hostRules.map(({ host, position }) =>
    host === "all" ? { name: "all", position } : host,
  );
  noteDuplicates(found, "the rule for host", rules);
  for (const { targets, actors } of deployment.placements) {
    if (targets !== "all") noteDuplicates(found, "host", targets);
    for (const placed of actors) checkPlaced(found, app, placed);
  }
  checkBoards(found, deployment);
  checkNames(found, deployment);
  const connections = new ProblemList(app.fileName);
  checkConnections(connections, app, deployment, options);
  return [...found.sorted(), ...connections.sorted()];
}

function checkPlaced(found: ProblemList, app: AppModel, placed: PlacedActor): void {
  const { name, position } = placed.actor;
  const actor = app.actors.find((candidate) => candidate.name === name);
  if (actor === undefined) {
    const known = app.actors.map((candidate) => candidate.name);
    found.error(position, `application ${app.name} has no actor ${name}`, didYouMean(name, known));
    return;
  }
  noteDuplicates(found, "argument", placed.arguments);
  for (const argument of placed.arguments) checkArgument(found, app, { actor, argument });
  for (const formal of actor.formals) {
    const isGiven = placed.arguments.some((argument) => argument.name === formal.name);
    if (formal.default === undefined && !isGiven)
      found.error(
        position,
        `actor ${name} is placed without a value for its parameter ${formal.name}`,
        `write ${name}(${formal.name}=…), or give the parameter a default`,
      );
  }
  if (placed.options !== null) checkOptions(found, app, { actor, options: placed.options });
}

function checkArgument(
  found: ProblemList,
  app: AppModel,
  { actor, argument }: { actor: ActorType; argument: Argument },
): void {
  const formal = actor.formals.find(({ name }) => name === argument.name);
  if (formal === undefined) {
    const known = actor.formals.map(({ name }) => name);
    found.error(
      argument.position,
      `actor ${actor.name} has no parameter ${argument.name}`,
      didYouMean(argument.name, known),
    );
    return;
  }
  const deciding = formal.default === undefined ? receiverOf(app, actor, formal) : formal;
  if (deciding !== undefined) checkKind(found, deciding, argument.value, argument.position);
}

// A formal without a default takes the kind of the first component's formal that it is handed to.
function receiverOf(app: AppModel, actor: ActorType, formal: Formal): Formal | undefined {
  for (const use of actor.instances) {
    const component = app.components.find(({ name }) => name === use.component.name);
    for (const { name, value } of use.actuals) {
      if (value.type !== "formal" || value.name !== formal.name) continue;
      const receiver = component?.formals.find((candidate) => candidate.name === name);
      if (receiver?.default !== undefined) return receiver;
    }
  }
  return undefined;
}

function checkNames(found: ProblemList, deployment: DeploymentModel): void {
  const boards: (string | null)[] = [...namedBoards(deployment)];
  if (placesEverywhere(deployment)) boards.push(null);
  const boardsOfSkipped = new Map<PlacedActor, string[]>();
  for (const board of boards)
    for (const placed of placementOn(deployment, board === null ? [] : [board]).skipped) {
      const skippedOn = boardsOfSkipped.get(placed) ?? [];
      skippedOn.push(board ?? "every board");
      boardsOfSkipped.set(placed, skippedOn);
    }
  for (const [placed, names] of boardsOfSkipped) {
    const message = `${nameOf(placed)} is already placed on ${names.join(", ")}`;
    if (deployment.languageVersion === 0)
      found.warning(
        placed.position,
        `${message}: this one is left out`,
        "to have several, begin the file with `language hedgerow 1;` and name them with `as`",
      );
    else found.error(placed.position, message, `give it a name: ${placed.actor.name}(…) as other`);
  }
}
