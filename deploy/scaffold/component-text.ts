import type { AppModel, ComponentType, Port } from "../../agent/model/app-model.ts";
import { portText } from "../../agent/model/print-app.ts";
import { innerMessages } from "./message-text.ts";
import { constantOf, identifierOf, keyOf, typePrefixOf } from "./names-rule.ts";
import { parameterKinds } from "./parameter-kinds-rule.ts";

const ENDED = "void | Promise<void>";

/** generated/<component>.ts: everything about a component that its model says. */
export function generatedComponent(app: AppModel, component: ComponentType): string {
  const { name, ports } = component;
  const [type, constant] = [typePrefixOf(name), stemOf(name)];
  const usesMessages =
    ports.some((port) => port.kind !== "timer" && !(port.kind === "inside" && port.isDefault)) ||
    app.groups.length > 0;
  return [
    'import * as hedgerow from "hedgerow";',
    ...(usesMessages ? ['import * as messages from "./messages.ts";'] : []),
    "",
    `/** The ports of ${name}. */`,
    `export const ${constant}Ports = {`,
    ...ports.flatMap((port) => [`  /** \`${portText(port)}\` */`, `  ${portValue(name, port)},`]),
    "};",
    `export type ${type}Ports = typeof ${constant}Ports;`,
    "",
    "/** Groups that it may join. */",
    ...objectLines(
      `export const ${constant}Groups = `,
      app.groups.map((group) => `${keyOf(group.name)}: ${typeName(group.message.name)}`),
      ";",
    ),
    `export type ${type}Groups = typeof ${constant}Groups;`,
    "",
    `/** Reads its parameters. @throws AgentError COMPONENT_OPTION_INVALID */`,
    ...objectLines(
      `export const read${type}Parameters = hedgerow.parameterReader(`,
      [...parameterKinds(app, component)].map(
        ([parameter, kinds]) => `${keyOf(parameter)}: ${JSON.stringify(kinds)}`,
      ),
      ");",
    ),
    `export type ${type}Parameters = ReturnType<typeof read${type}Parameters>;`,
    "",
    "/** What its setup gets first: ports to call, clock, chance, log, groups and contracts. */",
    `export type ${type}Context<C extends hedgerow.Contracts = Readonly<Record<never, never>>> =`,
    `  hedgerow.Context<${type}Ports, C, ${type}Groups>;`,
    "",
    "/** What its setup returns: a handler for every port at which something comes in. */",
    `export interface ${type}Handlers<C extends hedgerow.Contracts = Readonly<Record<never, never>>>`,
    "  extends hedgerow.EventHandlers<C>, hedgerow.GroupHandlers, hedgerow.LifeHandlers {",
    ...ports.flatMap((port) => handlerLines(name, port)),
    "}",
    "",
    "/** Its setup. */",
    `export type ${type}Setup<C extends hedgerow.Contracts = Readonly<Record<never, never>>> =`,
    `  (context: ${type}Context<C>, parameters: ${type}Parameters) => ${type}Handlers<C>;`,
    "",
    `/** All but the setup: component({ ...${constant}Model, setup }). */`,
    `export const ${constant}Model = {`,
    `  name: "${name}",`,
    `  ports: ${constant}Ports,`,
    `  groups: ${constant}Groups,`,
    `  options: read${type}Parameters,`,
    "} as const;",
    "",
  ].join("\n");
}

/** What the constants of a component's generated file begin with. */
export function stemOf(name: string): string {
  return constantOf(name).replace(/_$/, "");
}

/** An object literal between `before` and `after`, one entry a line. */
function objectLines(before: string, entries: readonly string[], after: string): readonly string[] {
  if (entries.length === 0) return [`${before}{}${after}`];
  return [`${before}{`, ...entries.map((entry) => `  ${entry},`), `}${after}`];
}

function typeName(message: string): string {
  return `messages.${identifierOf(message)}`;
}

function portValue(component: string, port: Port): string {
  const key = keyOf(port.name);
  switch (port.kind) {
    case "pub":
    case "sub":
      return `${key}: hedgerow.${port.kind}(${typeName(port.message.name)})`;
    case "timer":
      return `${key}: hedgerow.tim()`;
    case "inside": {
      if (port.isDefault) return `${key}: hedgerow.insTick()`;
      const { down, up } = innerMessages(component, port.name);
      return `${key}: hedgerow.ins(${typeName(down)}, ${typeName(up)})`;
    }
    case "clt":
    case "srv":
    case "req":
    case "rep":
    case "qry":
    case "ans": {
      const { request, reply } = port;
      return `${key}: hedgerow.${port.kind}(${typeName(request.name)}, ${typeName(reply.name)})`;
    }
  }
}

function handlerLines(component: string, port: Port): readonly string[] {
  const signature = handlerSignature(component, port);
  return signature === undefined
    ? []
    : [`  /** Of \`${portText(port)}\`. */`, `  on_${port.name}${signature};`];
}

/** The type of a port's handler, behind its name; undefined for ports that have none. */
function handlerSignature(component: string, port: Port): string | undefined {
  switch (port.kind) {
    case "pub":
    case "clt":
      return undefined;
    case "sub":
      return `(message: ${typeName(port.message.name)}, arrival: hedgerow.Arrival): ${ENDED}`;
    case "timer":
      return `(dueUtcUs: number): ${ENDED}`;
    case "inside": {
      const up = port.isDefault
        ? "hedgerow.SecondTick"
        : typeName(innerMessages(component, port.name).up);
      return `(message: ${up}, thread: string, arrival: hedgerow.Arrival): ${ENDED}`;
    }
    case "srv": {
      const reply = typeName(port.reply.name);
      return `(request: ${typeName(port.request.name)}, arrival: hedgerow.Arrival): ${reply} | Promise<${reply}>`;
    }
    case "req":
      return `(outcome: ${outcomeOf(port.reply.name)}, arrival: hedgerow.Arrival): ${ENDED}`;
    case "qry":
      return `(outcome: ${outcomeOf(port.reply.name)}, queryId: number, arrival: hedgerow.Arrival): ${ENDED}`;
    case "rep":
    case "ans": {
      const caller = `hedgerow.Caller<${typeName(port.reply.name)}>`;
      return `(request: ${typeName(port.request.name)}, caller: ${caller}, arrival: hedgerow.Arrival): ${ENDED}`;
    }
  }
}

function outcomeOf(reply: string): string {
  return `hedgerow.CallOutcome<${typeName(reply)}>`;
}
