import { FRAME_BYTES_MAX } from "../core/wire.ts";
import type { AppModel } from "./app-model.ts";
import type { FieldType, MessageField, StructType } from "./message-model.ts";
import type { NameReference } from "./name-reference.ts";
import { didYouMean, noteDuplicates, type ProblemList } from "./problem-list.ts";

const TYPE_NAMES = [
  "bool",
  ...["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"],
  ...["float32", "float64", "text", "bytes"],
];

/** Notes fields and structs that do not hold: names, lengths, circles, and messages beyond one frame. */
export function checkMessages(found: ProblemList, app: AppModel): void {
  noteDuplicates(found, "message", app.messages);
  noteDuplicates(found, "struct", app.structs);
  for (const struct of app.structs) checkStruct(found, app, struct);
  const isSound = checkCircles(found, app);
  const counted: Counted = new Map();
  for (const message of app.messages) {
    checkFields(found, app, message.fields ?? []);
    // The size of a circle is not finite, and has been told of.
    const bytesMax = isSound ? bytesOfFields(app, message.fields ?? [], counted) : 0;
    if (bytesMax > FRAME_BYTES_MAX)
      found.error(
        message.position,
        `message ${message.name} can take ${bytesMax} bytes, and a frame holds ${FRAME_BYTES_MAX}`,
        "make its texts, bytes and lists shorter, or send it in parts",
      );
  }
}

function checkStruct(found: ProblemList, app: AppModel, { name, fields, position }: StructType) {
  if (TYPE_NAMES.includes(name))
    found.error(position, `${name} is a type of the language`, "give the struct another name");
  if (app.messages.some((message) => message.name === name))
    found.error(
      position,
      `${name} is a message too`,
      "give the struct another name: both become types in code",
    );
  checkFields(found, app, fields);
  if (!allFields(app).some(({ type }) => structOf(type)?.name === name))
    found.warning(position, `no field holds struct ${name}`, "use it in a field, or leave it out");
}

function checkFields(found: ProblemList, app: AppModel, fields: readonly MessageField[]): void {
  noteDuplicates(found, "field", fields);
  for (const { name, type } of fields) {
    const struct = structOf(type);
    if (struct !== null && !app.structs.some((each) => each.name === struct.name))
      noteUnknownType(found, app, struct);
    const item = type.kind === "list" ? type.item : type;
    if (item.kind === "text" || item.kind === "bytes")
      checkCount(found, { name, count: item.lengthMax, position: item.position });
    if (type.kind === "list")
      checkCount(found, { name, count: type.countMax, position: type.position });
    if (type.kind === "oneOf") noteDuplicates(found, "word", type.words);
  }
}

function noteUnknownType(
  found: ProblemList,
  app: AppModel,
  { name, position }: NameReference,
): void {
  const isSized = name === "text" || name === "bytes";
  if (isSized) found.error(position, `${name} has no length`, `write such as: ${name}[32]`);
  else
    found.error(
      position,
      `there is no type or struct ${name}`,
      didYouMean(name, [...app.structs.map((each) => each.name), ...TYPE_NAMES]),
    );
}

function checkCount(
  found: ProblemList,
  { name, count, position }: Pick<MessageField, "name" | "position"> & { count: number },
): void {
  if (count < 1)
    found.error(position, `field ${name} can hold nothing`, "give at least 1 in the brackets");
}

function allFields(app: AppModel): readonly MessageField[] {
  return [...app.structs, ...app.messages].flatMap(({ fields }) => fields ?? []);
}

function structOf(type: FieldType): NameReference | null {
  if (type.kind === "list") return structOf(type.item);
  return type.kind === "struct" ? type.struct : null;
}

// Tells each circle once, at its first struct in the file; whether there is none.
function checkCircles(found: ProblemList, app: AppModel): boolean {
  const told = new Set<string>();
  for (const struct of app.structs) {
    const circle = told.has(struct.name) ? null : circleFrom(app, struct);
    if (circle === null) continue;
    for (const name of circle) told.add(name);
    found.error(
      struct.position,
      `struct ${struct.name} holds itself: ${[...circle, struct.name].join(" holds ")}`,
      "a message has an end: refer to other records by a number",
    );
  }
  return told.size === 0;
}

// From the first struct back to itself, each struct tried once; null: there is no way.
function circleFrom(app: AppModel, first: StructType): readonly string[] | null {
  const tried = new Set<string>();
  const way = ({ fields }: StructType, path: readonly string[]): readonly string[] | null => {
    for (const { type } of fields) {
      const name = structOf(type)?.name;
      if (name === first.name) return path;
      if (name === undefined || tried.has(name)) continue;
      tried.add(name);
      const next = app.structs.find((each) => each.name === name);
      const circle = next === undefined ? null : way(next, [...path, name]);
      if (circle !== null) return circle;
    }
    return null;
  };
  return way(first, [first.name]);
}

// Upper bounds in MessagePack: a head of at most 5 bytes, UTF-8 of at most 3 bytes a UTF-16 unit.
const HEAD_BYTES = 5;
const UNIT_BYTES = 3;
const NUMBER_BYTES = 9;

/** The structs that were counted already: each is counted once, however often it is used. */
type Counted = Map<string, number>;

function bytesOfFields(app: AppModel, fields: readonly MessageField[], counted: Counted): number {
  const sizes = fields.map(
    ({ name, type }) => textBytes(name.length) + bytesOf(app, type, counted),
  );
  return HEAD_BYTES + sizes.reduce((sum, bytes) => sum + bytes, 0);
}

function bytesOf(app: AppModel, type: FieldType, counted: Counted): number {
  switch (type.kind) {
    case "bool":
    case "integer":
    case "float":
      return NUMBER_BYTES;
    case "text":
      return textBytes(type.lengthMax);
    case "bytes":
      return HEAD_BYTES + type.lengthMax;
    case "oneOf":
      return textBytes(Math.max(...type.words.map(({ name }) => name.length)));
    case "list":
      return HEAD_BYTES + type.countMax * bytesOf(app, type.item, counted);
    case "struct": {
      const { name } = type.struct;
      const struct = app.structs.find((each) => each.name === name);
      const bytes = counted.get(name) ?? bytesOfFields(app, struct?.fields ?? [], counted);
      counted.set(name, bytes);
      return bytes;
    }
  }
}

function textBytes(length: number): number {
  return HEAD_BYTES + UNIT_BYTES * length;
}
