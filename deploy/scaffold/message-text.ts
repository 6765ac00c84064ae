import type { AppModel } from "../../agent/model/app-model.ts";
import type {
  FieldType,
  IntegerType,
  MessageField,
  StructType,
} from "../../agent/model/message-model.ts";
import { identifierOf, keyOf, typePrefixOf } from "./names-rule.ts";

/** The messages whose shape the developer gives: those without fields, and those of inner ports. */
export function ownMessages(app: AppModel): readonly string[] {
  const inner = app.components
    .filter(({ language }) => language === "unspecified")
    .flatMap(({ name, ports }) =>
      ports
        .filter((port) => port.kind === "inside" && !port.isDefault)
        .flatMap((port) => Object.values(innerMessages(name, port.name))),
    );
  return [
    ...app.messages.filter(({ fields }) => fields === null).map(({ name }) => name),
    ...inner,
  ];
}

/** The names of the messages between a device and its threads: the model has none for them. */
export function innerMessages(
  component: string,
  port: string,
): { readonly down: string; readonly up: string } {
  const both = `${typePrefixOf(component)}${typePrefixOf(port)}`;
  return { down: `${both}Down`, up: `${both}Up` };
}

/** generated/messages.ts: every message type of the application, whoever gives its shape. */
export function generatedMessages(app: AppModel): string {
  const own = ownMessages(app);
  const lines = [
    'import * as hedgerow from "hedgerow";',
    ...(own.length === 0 ? [] : ['import * as own from "../messages.ts";']),
  ];
  for (const struct of inOrder(app.structs)) {
    const name = identifierOf(struct.name);
    lines.push("", `/** \`struct ${struct.name}\` of the model. */`);
    lines.push(`export const ${name} = ${recordText(struct.fields)};`);
    lines.push(`export type ${name} = hedgerow.Infer<typeof ${name}>;`);
  }
  for (const { name, fields } of app.messages) {
    if (fields === null) continue;
    const id = identifierOf(name);
    lines.push("", `/** \`message ${name}\` of the model. */`);
    lines.push(`export const ${id} = hedgerow.message("${name}", ${recordText(fields)});`);
    lines.push(`export type ${id} = hedgerow.MessageOf<typeof ${id}>;`);
  }
  for (const name of own) {
    const id = identifierOf(name);
    lines.push("", `/** Its shape is in messages.ts: the model gives ${name} no fields. */`);
    lines.push(`export const ${id} = own.${id};`);
    lines.push(`export type ${id} = hedgerow.MessageOf<typeof own.${id}>;`);
  }
  return `${lines.join("\n")}\n`;
}

/** messages.ts, the developer's: a shape for every message to which the model gives no fields. */
export function messagesSkeleton(app: AppModel): string {
  const lines = [
    'import { message, record } from "hedgerow";',
    "",
    "// The model gives these messages no fields: write their shapes here, such as",
    "//   record({ number: integer(0, 1_000_000), name: text(32), celsius: real })",
    "// Boards connect only when they agree on them.",
  ];
  for (const name of ownMessages(app))
    lines.push("", `export const ${identifierOf(name)} = message("${name}", record({}));`);
  return `${lines.join("\n")}\n`;
}

/** A struct after those that it holds. */
function inOrder(structs: readonly StructType[]): readonly StructType[] {
  const done = new Set<StructType>();
  const visit = (struct: StructType | undefined): void => {
    if (struct === undefined || done.has(struct)) return;
    for (const { type } of struct.fields) {
      const item = type.kind === "list" ? type.item : type;
      if (item.kind === "struct") visit(structs.find(({ name }) => name === item.struct.name));
    }
    done.add(struct);
  };
  for (const struct of structs) visit(struct);
  return [...done];
}

function recordText(fields: readonly MessageField[]): string {
  if (fields.length === 0) return "hedgerow.record({})";
  const lines = fields.map(({ name, type }) => `  ${keyOf(name)}: ${fieldText(type)},\n`);
  return `hedgerow.record({\n${lines.join("")}})`;
}

function fieldText(type: FieldType): string {
  switch (type.kind) {
    case "bool":
      return "hedgerow.truth";
    case "integer":
      return integerText(type);
    case "float":
      return "hedgerow.real";
    case "text":
    case "bytes":
      return `hedgerow.${type.kind}(${type.lengthMax})`;
    case "struct":
      return identifierOf(type.struct.name);
    case "list":
      return `hedgerow.list(${fieldText(type.item)}, ${type.countMax})`;
    case "oneOf":
      return `hedgerow.oneOf(${type.words.map(({ name }) => `"${name}"`).join(", ")})`;
  }
}

function integerText({ bits, isSigned }: IntegerType): string {
  if (bits === 64) return isSigned ? "hedgerow.signed64" : "hedgerow.unsigned64";
  const [min, max] = isSigned ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  return `hedgerow.integer(${min}, ${max})`;
}

/** A first value of a message, as code: zeros, empty texts and lists; `{}` when the model gives no fields. */
export function sampleText(app: AppModel, messageName: string): string {
  const type = app.messages.find(({ name }) => name === messageName);
  return sampleOf(app, type?.fields ?? []);
}

function sampleOf(app: AppModel, fields: readonly MessageField[]): string {
  if (fields.length === 0) return "{}";
  return `{ ${fields.map(({ name, type }) => `${keyOf(name)}: ${valueText(app, type)}`).join(", ")} }`;
}

function valueText(app: AppModel, type: FieldType): string {
  switch (type.kind) {
    case "bool":
      return "false";
    case "integer":
      return type.bits === 64 ? "0n" : "0";
    case "float":
      return "0";
    case "text":
      return '""';
    case "bytes":
      return "new Uint8Array()";
    case "struct": {
      const struct = app.structs.find(({ name }) => name === type.struct.name);
      return sampleOf(app, struct?.fields ?? []);
    }
    case "list":
      return "[]";
    case "oneOf":
      return `"${type.words[0]?.name ?? ""}"`;
  }
}
