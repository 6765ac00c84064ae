import type {
  ActorType,
  Actual,
  AppFile,
  AppModel,
  ComponentType,
  Formal,
  GroupType,
  Port,
  PortQueue,
  ResourceLimits,
} from "./app-model.ts";
import { layOut } from "./layout.ts";
import type { FieldType, MessageField } from "./message-model.ts";
import {
  blockText,
  isName,
  literalText,
  markerText,
  namesText,
  stringText,
} from "./print-words.ts";

const LANGUAGES = { cpp: " in c++", python: " in python", unspecified: "" } as const;
const SCHEDULERS = {
  default: "",
  priority: " scheduler priority;",
  roundRobin: " scheduler rr;",
  deadline: " scheduler deadline;",
};

/**
 * A `.riaps` file in the layout of layout.ts: times in msec, mem in kb, space in mb. Comments are not
 * kept. Parsing the result gives the same file but for positions.
 * @throws AgentError MODEL_NOT_PRINTABLE for a string with a backslash before a quote.
 */
export function printAppFile({ languageVersion, apps }: AppFile): string {
  return layOut([markerText(languageVersion), ...apps.map(appText)].join("\n"), "app");
}

function appText(app: AppModel): string {
  const body = [
    ...typeTexts(app),
    ...app.groups.map(groupText),
    ...app.libraries.map(({ name }) => `library ${isName(name) ? name : stringText(name)};`),
    ...app.components.map(componentText),
    ...app.actors.map(actorText),
  ];
  return `app ${app.name} ${blockText(body)}`;
}

// A struct may stand anywhere among the messages: before them, as it is used by them.
function typeTexts({ structs, messages }: AppModel): string[] {
  return [
    ...structs.map(({ name, fields }) => `struct ${name} ${fieldsText(fields)}`),
    ...messages.map(({ name, fields }) =>
      fields === null ? `message ${name};` : `message ${name} ${fieldsText(fields)}`,
    ),
  ];
}

function fieldsText(fields: readonly MessageField[]): string {
  return blockText(fields.map(({ name, type }) => `${name}: ${typeText(type)};`));
}

function typeText(type: FieldType): string {
  switch (type.kind) {
    case "bool":
      return "bool";
    case "integer":
      return `${type.isSigned ? "int" : "uint"}${type.bits}`;
    case "float":
      return `float${type.bits}`;
    case "text":
    case "bytes":
      return `${type.kind}[${type.lengthMax}]`;
    case "struct":
      return type.struct.name;
    case "list":
      return `${typeText(type.item)}[${type.countMax}]`;
    case "oneOf":
      return `one of ${namesText(type.words)}`;
  }
}

function groupText({ name, kind, message, timed, times }: GroupType): string {
  const values = Object.entries(times).map(
    ([key, valueMs]) => `${key.slice(0, -2)}=${String(valueMs)}`,
  );
  const coordination = kind === "plain" ? "" : ` with ${kind}`;
  const parameters = values.length === 0 ? "" : ` ${values.join(", ")}`;
  return `group ${name}${coordination} using ${message.name}${timed ? " timed" : ""}${parameters};`;
}

function componentText(component: ComponentType): string {
  const { name, isDevice, formals, language, scheduler, ports } = component;
  const head = `${isDevice ? "device" : "component"} ${name}${formalsText(formals)}`;
  const body = blockText(ports.map((port) => `${portText(port)};`));
  return `${head}${LANGUAGES[language]}${SCHEDULERS[scheduler]} ${body}`;
}

const WHEN_FULL = {
  dropOldest: "drop oldest",
  dropNewest: "drop newest",
  refuse: "refuse",
} as const;

function queueText(queue: PortQueue | null): string {
  return queue === null ? "" : ` queue ${queue.lengthMax} ${WHEN_FULL[queue.whenFull]}`;
}

function formalsText(formals: readonly Formal[]): string {
  if (formals.length === 0) return "";
  const texts = formals.map(({ name, default: value }) =>
    value === undefined ? name : `${name}=${literalText(value)}`,
  );
  return `(${texts.join(", ")})`;
}

/** A port as a model writes it, without the semicolon. */
export function portText(port: Port): string {
  const { kind, name } = port;
  const queue = queueText(port.queue);
  if (port.kind === "inside") return `${kind} ${name}${port.isDefault ? " default" : ""}${queue}`;
  const within = port.withinMs === null ? "" : ` within ${port.withinMs} msec`;
  if (port.kind === "timer") {
    const period = port.periodMs === null ? "" : ` ${port.periodMs} msec`;
    return `${kind} ${name}${period}${within}${queue}`;
  }
  const types =
    "message" in port ? port.message.name : `(${port.request.name}, ${port.reply.name})`;
  return `${kind} ${name}: ${types}${port.timed ? " timed" : ""}${within}${queue}`;
}

function actorText(actor: ActorType): string {
  const { name, isRealTime, formals, locals, internals, limits, scheduler, instances } = actor;
  const uses = limitTexts(limits);
  const policy = scheduler?.policy === "priority" ? `priority ${scheduler.priority}` : "rr";
  const body = [
    ...(locals.length === 0 ? [] : [`local ${namesText(locals)};`]),
    ...(internals.length === 0 ? [] : [`internal ${namesText(internals)};`]),
    ...(uses.length === 0 ? [] : [`uses ${blockText(uses)}`]),
    ...(scheduler === undefined ? [] : [`scheduler ${policy};`]),
    blockText(
      instances.map((use) => `${use.name}: ${use.component.name}${actualsText(use.actuals)};`),
    ),
  ];
  return `${isRealTime ? "real-time " : ""}actor ${name}${formalsText(formals)} ${blockText(body)}`;
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
