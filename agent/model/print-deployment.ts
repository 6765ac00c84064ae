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
import type { NameReference } from "./name-reference.ts";
import {
  indented,
  isName,
  literalText,
  markerLines,
  namesText,
  stringText,
} from "./print-words.ts";

/**
 * A `.depl` file in canonical layout, memory of boards in kb and times in msec.
 * @throws AgentError MODEL_NOT_PRINTABLE for a string with a backslash before a quote.
 */
export function printDeployment(deployment: DeploymentModel): string {
  const { languageVersion, appName, hostRules, boards, placements } = deployment;
  const body = [
    ...hostRules.map(hostRuleText),
    ...boards.map(boardText),
    ...placements.flatMap(placementLines),
  ];
  const lines = [...markerLines(languageVersion), `app ${appName} {`, ...indented(body), "}"];
  return lines.map((line) => `${line}\n`).join("");
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

function placementLines({ targets, actors, count, where }: Placement): string[] {
  const on = `on ${targets === "all" ? "all" : `(${namesText(targets)})`}`;
  const conditions = where.length === 0 ? "" : ` where ${where.map(constraintText).join(", ")}`;
  const placed = joined(actors.map(placedLines), ",");
  return count === null
    ? around(`${on} `, placed, `${conditions};`)
    : around(`place ${count} `, placed, ` ${on}${conditions};`);
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

function placedLines({ actor, arguments: args, instanceName, options }: PlacedActor): string[] {
  const as = instanceName === null ? "" : ` as ${instanceName.name}`;
  const head = `${actor.name}${argumentsText(args)}${as}`;
  return options === null ? [head] : [`${head} {`, ...indented(optionLines(options)), "}"];
}

function optionLines({ isolation, restart, runAs, workers, foreign }: ActorOptions): string[] {
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

// Several texts of one or more lines one behind the other on the same lines.
function joined(texts: readonly string[][], separator: string): string[] {
  return texts.reduce((done, next) => around(`${done.at(-1) ?? ""}${separator} `, next, "", done));
}

// Lines with something before the first and behind the last.
function around(
  before: string,
  lines: readonly string[],
  after: string,
  above: readonly string[] = [],
): string[] {
  const [first = "", ...rest] = lines;
  const all = [...above.slice(0, -1), `${before}${first}`, ...rest];
  return [...all.slice(0, -1), `${all.at(-1) ?? ""}${after}`];
}
