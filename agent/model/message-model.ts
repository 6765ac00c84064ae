import type { NameReference } from "./name-reference.ts";
import type { SourcePosition } from "./problem.ts";

/**
 * `message M;` or, ours, `message M { number: uint32; name: text[32]; }`: what travels between ports.
 */
export interface MessageType {
  readonly name: string;
  /** In the order of the file; null: a name only, the shape is given in code, as in the reference. */
  readonly fields: readonly MessageField[] | null;
  readonly position: SourcePosition;
}

/** `struct S { x: float64; }`, ours: a record to be used in fields; no message of its own. */
export interface StructType {
  readonly name: string;
  readonly fields: readonly MessageField[];
  readonly position: SourcePosition;
}

/** `name: type;` in a message or a struct. Every field is there in every message. */
export interface MessageField {
  readonly name: string;
  readonly type: FieldType;
  readonly position: SourcePosition;
}

/** What a field holds; narrow on `kind`. */
export type FieldType = ItemType | ListType | OneOfType;

/** What a list can be made of. */
export type ItemType = BooleanType | IntegerType | FloatType | SizedType | StructReference;

/** `bool`. */
export interface BooleanType {
  readonly kind: "bool";
  readonly position: SourcePosition;
}

/** `int8` to `int64`, `uint8` to `uint64`; with 64 bits a bigint in code. */
export interface IntegerType {
  readonly kind: "integer";
  readonly bits: 8 | 16 | 32 | 64;
  readonly isSigned: boolean;
  readonly position: SourcePosition;
}

/** `float32`, `float64`: for what is measured, never for what is added up or compared across machines. */
export interface FloatType {
  readonly kind: "float";
  readonly bits: 32 | 64;
  readonly position: SourcePosition;
}

/** `text[32]`: at most so many UTF-16 units; `bytes[256]`: at most so many bytes. */
export interface SizedType {
  readonly kind: "text" | "bytes";
  readonly lengthMax: number;
  readonly position: SourcePosition;
}

/** The name of a struct of the application. */
export interface StructReference {
  readonly kind: "struct";
  readonly struct: NameReference;
  readonly position: SourcePosition;
}

/** `uint16[8]`: at most so many items, in order. Lists of lists go through a struct. */
export interface ListType {
  readonly kind: "list";
  readonly item: ItemType;
  readonly countMax: number;
  readonly position: SourcePosition;
}

/** `one of red, green, blue`: one of these words, as text. */
export interface OneOfType {
  readonly kind: "oneOf";
  readonly words: readonly NameReference[];
  readonly position: SourcePosition;
}
