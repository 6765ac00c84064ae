import { AgentError } from "../core/errors.ts";
import type {
  ActorType,
  Actual,
  AppFile,
  AppModel,
  ComponentType,
  Formal,
  GroupType,
  LanguageVersion,
  Literal,
  NameReference,
  Port,
  ResourceLimits,
} from "./app-model.ts";
import type { Argument, DeploymentModel, HostRule, Placement } from "./deployment-model.ts";
import { quoted } from "./literal-rule.ts";

const LANGUAGES = { cpp: " in c++", python: " in python", unspecified: "" } as const;
const SCHEDULERS = {
  default: "",
  priority: " scheduler priority;",
  roundRobin: " scheduler rr;",
  deadline: " scheduler deadline;",
};

/**
 * A `.riaps` file in canonical layout: two spaces a level, one declaration a line, times in msec,
 * mem in kb, space in mb. Comments are not kept. Parsing the result gives the same file but for
 * positions.
 * @throws AgentError MODEL_NOT_PRINTABLE for a string with a backslash before a quote.
 */
export function printAppFile({ languageVersion, apps }: AppFile): string {
  return [...marker(languageVersion), ...apps.flatMap(appLines)]
    .map((line) => `${line}\n`)
    .join("");
}

/**
 * A `.depl` file in canonical layout.
 * @throws AgentError MODEL_NOT_PRINTABLE for a string with a backslash before a quote.
 */
export function printDeployment(deployment: DeploymentModel): string {
  const { languageVersion, appName, hostRules, placements } = deployment;
  const body = [...hostRules.map(hostRuleText), ...placements.map(placementText)];
  const lines = [...marker(languageVersion), `app ${appName} {`, ...indented(body), "}"];
  return lines.map((line) => `${line}\n`).join("");
}

function marker(version: LanguageVersion): string[] {
  return version === 1 ? ["language hedgerow 1;", ""] : [];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function appLines(app: AppModel): string[] {
  const body = [
    ...app.messages.map(({ name }) => `message ${name};`),
    ...app.groups.map(groupText),
    ...app.libraries.map(({ name }) => `library ${isName(name) ? name : stringText(name)};`),
    ...app.components.flatMap(componentLines),
    ...app.actors.flatMap(actorLines),
  ];
  return [`app ${app.name} {`, ...indented(body), "}"];
}

function groupText({ name, kind, message, timed, times }: GroupType): string {
  const values = Object.entries(times).map(
    ([key, valueMs]) => `${key.slice(0, -2)}=${String(valueMs)}`,
  );
  const coordination = kind === "plain" ? "" : ` with ${kind}`;
  const parameters = values.length === 0 ? "" : ` ${values.join(", ")}`;
  return `group ${name}${coordination} using ${message.name}${timed ? " timed" : ""}${parameters};`;
}

function componentLines(component: ComponentType): string[] {
  const { name, isDevice, formals, language, scheduler, ports } = component;
  const head = `${isDevice ? "device" : "component"} ${name}${formalsText(formals)}`;
  return [
    `${head}${LANGUAGES[language]}${SCHEDULERS[scheduler]} {`,
    ...indented(ports.map((port) => `${portText(port)};`)),
    "}",
  ];
}

function formalsText(formals: readonly Formal[]): string {
  if (formals.length === 0) return "";
  const texts = formals.map(({ name, default: value }) =>
    value === undefined ? name : `${name}=${literalText(value)}`,
  );
  return `(${texts.join(", ")})`;
}

function portText(port: Port): string {
  const { kind, name } = port;
  if (port.kind === "inside") return `${kind} ${name}${port.isDefault ? " default" : ""}`;
  const within = port.withinMs === null ? "" : ` within ${port.withinMs} msec`;
  if (port.kind === "timer") {
    const period = port.periodMs === null ? "" : ` ${port.periodMs} msec`;
    return `${kind} ${name}${period}${within}`;
  }
  const types =
    "message" in port ? port.message.name : `(${port.request.name}, ${port.reply.name})`;
  return `${kind} ${name}: ${types}${port.timed ? " timed" : ""}${within}`;
}

function actorLines(actor: ActorType): string[] {
  const { name, isRealTime, formals, locals, internals, limits, scheduler, instances } = actor;
  const uses = limitTexts(limits);
  const policy = scheduler?.policy === "priority" ? `priority ${scheduler.priority}` : "rr";
  const body = [
    ...(locals.length === 0 ? [] : [`local ${namesText(locals)};`]),
    ...(internals.length === 0 ? [] : [`internal ${namesText(internals)};`]),
    ...(uses.length === 0 ? [] : ["uses {", ...indented(uses), "}"]),
    ...(scheduler === undefined ? [] : [`scheduler ${policy};`]),
    "{",
    ...indented(
      instances.map((use) => `${use.name} : ${use.component.name}${actualsText(use.actuals)};`),
    ),
    "}",
  ];
  const head = `${isRealTime ? "real-time " : ""}actor ${name}${formalsText(formals)} {`;
  return [head, ...indented(body), "}"];
}

function limitTexts({ cpu, memory, space, network }: ResourceLimits): string[] {
  const texts: string[] = [];
  if (cpu !== undefined) {
    const over = cpu.intervalMs === null ? "" : ` over ${cpu.intervalMs} msec`;
    texts.push(`cpu ${cpu.isHard ? "max " : ""}${cpu.percent} %${over};`);
  }
  if (memory !== undefined) texts.push(`mem ${memory.bytes / 1024} kb;`);
  if (space !== undefined) texts.push(`space ${space.bytes / 1024 ** 2} mb;`);
  if (network !== undefined) {
    const { rateBytesPerS, ceilBytesPerS, burstBytes } = network;
    const ceil = ceilBytesPerS === null ? "" : ` ceil ${ceilBytesPerS / 1024} kbps`;
    const burst = burstBytes === null ? "" : ` burst ${burstBytes / 1024} kb`;
    texts.push(`net rate ${rateBytesPerS / 1024} kbps${ceil}${burst};`);
  }
  return texts;
}

function actualsText(actuals: readonly Actual[]): string {
  if (actuals.length === 0) return "";
  const texts = actuals.map(
    ({ name, value }) => `${name}=${value.type === "formal" ? value.name : literalText(value)}`,
  );
  return `(${texts.join(", ")})`;
}

function hostRuleText({ host, network }: HostRule): string {
  const access =
    network === "any"
      ? "any"
      : network.map((entry) => (entry.type === "dns" ? "dns" : entry.host)).join(", ");
  return `host ${host === "all" ? "all" : host.name} { network ${access}; }`;
}

function placementText({ targets, actors }: Placement): string {
  const where = targets === "all" ? "all" : `(${namesText(targets)})`;
  const placed = actors.map(({ actor, arguments: args, instanceName }) => {
    const as = instanceName === null ? "" : ` as ${instanceName.name}`;
    return `${actor.name}${argumentsText(args)}${as}`;
  });
  return `on ${where} ${placed.join(", ")};`;
}

function argumentsText(args: readonly Argument[]): string {
  if (args.length === 0) return "";
  const texts = args.map(
    ({ name, value, isBareWord }) =>
      `${name}=${isBareWord ? String(value.value) : literalText(value)}`,
  );
  return `(${texts.join(", ")})`;
}

function literalText({ value }: Literal): string {
  if (typeof value === "string") return stringText(value);
  // Digits alone would claim to be exact, which a double of this size need not be.
  const isLarge = typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
  return isLarge ? value.toExponential() : String(value);
}

function stringText(value: string): string {
  const text = quoted(value);
  if (text === null) throw new AgentError("MODEL_NOT_PRINTABLE", { value });
  return text;
}

function isName(text: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(text);
}

function namesText(names: readonly NameReference[]): string {
  return names.map(({ name }) => name).join(", ");
}
