import type {
  ActorOptions,
  ForeignClause,
  RestartClause,
  RunAsClause,
} from "./actor-options-model.ts";
import type {
  Argument,
  BoardConstraint,
  BoardDeclaration,
  DeploymentModel,
  HostRule,
  PlacedActor,
  Placement,
} from "./deployment-model.ts";
import { layOut } from "./layout.ts";
import type { NameReference } from "./name-reference.ts";
import {
  blockText,
  isName,
  literalText,
  markerText,
  namesText,
  stringText,
} from "./print-words.ts";

/**
 * A `.depl` file in the layout of layout.ts, memory of boards in kb and times in msec.
 * @throws AgentError MODEL_NOT_PRINTABLE for a string with a backslash before a quote.
 */
export function printDeployment(deployment: DeploymentModel): string {
  const { languageVersion, appName, hostRules, boards, placements } = deployment;
  const body = [
    ...hostRules.map(hostRuleText),
    ...boards.map(boardText),
    ...placements.map(placementText),
  ];
  const text = `${markerText(languageVersion)}app ${appName} ${blockText(body)}`;
  return layOut(text, "deployment");
}

function hostRuleText({ host, network }: HostRule): string {
  const access =
    network === "any"
      ? "any"
      : network.map((entry) => (entry.type === "dns" ? "dns" : entry.host)).join(", ");
  return `host ${host === "all" ? "all" : host.name} { network ${access}; }`;
}

function boardText({ name, memoryBytes, cores, arch, tags }: BoardDeclaration): string {
  const clauses = [
    ...(memoryBytes === null ? [] : [`memory ${memoryBytes / 1024} kb;`]),
    ...(cores === null ? [] : [`cores ${cores};`]),
    ...(arch === null ? [] : [`arch ${arch};`]),
    ...(tags.length === 0 ? [] : [`tags ${namesText(tags)};`]),
  ];
  return ["board", name, "{", ...clauses, "}"].join(" ");
}

function placementText({ targets, actors, count, where }: Placement): string {
  const on = `on ${targets === "all" ? "all" : `(${namesText(targets)})`}`;
  const conditions = where.length === 0 ? "" : ` where ${where.map(constraintText).join(", ")}`;
  const placed = actors.map(placedText).join(", ");
  return count === null
    ? `${on} ${placed}${conditions};`
    : `place ${count} ${placed} ${on}${conditions};`;
}

function constraintText(constraint: BoardConstraint): string {
  switch (constraint.kind) {
    case "memory":
      return `memory >= ${constraint.bytesMin / 1024} kb`;
    case "cores":
      return `cores >= ${constraint.countMin}`;
    case "arch":
      return `arch = ${constraint.arch}`;
    case "tag":
      return `tag ${constraint.tag}`;
  }
}

function placedText({ actor, arguments: args, instanceName, options }: PlacedActor): string {
  const as = instanceName === null ? "" : ` as ${instanceName.name}`;
  const block = options === null ? "" : ` ${blockText(optionTexts(options))}`;
  return `${actor.name}${argumentsText(args)}${as}${block}`;
}

function optionTexts({ isolation, restart, runAs, workers, foreign }: ActorOptions): string[] {
  return [
    ...(isolation === null ? [] : [`isolation ${isolation.mode};`]),
    ...(restart === null ? [] : [restartText(restart)]),
    ...(workers.length === 0 ? [] : [`worker ${namesText(workers)};`]),
    ...(runAs === null ? [] : [runAsText(runAs)]),
    ...foreign.map(foreignText),
  ];
}

function restartText({ restartsMax, periodMs, firstDelayMs, delayMsMax }: RestartClause): string {
  if (periodMs === null) return "restart never;";
  const longest = delayMsMax === null ? "" : ` to ${delayMsMax} msec`;
  const delay = firstDelayMs === null ? "" : ` delay ${firstDelayMs} msec${longest}`;
  return `restart ${restartsMax} over ${periodMs} msec${delay};`;
}

function runAsText({ user, groups }: RunAsClause): string {
  const words = [
    ...(user === null ? [] : [`user ${accountText(user)}`]),
    ...(groups.length === 0 ? [] : [`groups ${groups.map(accountText).join(", ")}`]),
  ];
  return `${words.join(" ")};`;
}

function accountText({ name }: NameReference): string {
  return isName(name) ? name : stringText(name);
}

function foreignText({ how, component, port, address, curveKey }: ForeignClause): string {
  const verb = how === "bind" ? "open" : "follow";
  const key = curveKey === null ? "" : ` curve ${stringText(curveKey)}`;
  return `${verb} ${component.name}.${port.name} ${stringText(address)}${key};`;
}

function argumentsText(args: readonly Argument[]): string {
  if (args.length === 0) return "";
  const texts = args.map(
    ({ name, value, isBareWord }) =>
      `${name}=${isBareWord ? String(value.value) : literalText(value)}`,
  );
  return `(${texts.join(", ")})`;
}
