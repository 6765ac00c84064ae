import type { AbiParameter } from "abitype";
import { createContract } from "micro-eth-signer/abi.js";
import { bytesOf, hexOf } from "./hex.ts";

/** A parameter without its names: the codec then takes and gives plain lists. */
interface Shape {
  readonly type: string;
  readonly components?: readonly Shape[];
}

interface Codec {
  encodeInput(value: unknown): Uint8Array;
  decodeOutput(bytes: Uint8Array): unknown;
}

/** Integers up to this width fit a number, as abitype types them. */
const NUMBER_BITS_MAX = 48;
const SELECTOR_BYTES = 4;
const ARRAY = /^(.*)\[\d*\]$/;
const INTEGER = /^(u?)int(\d*)$/;

function componentsOf(parameter: AbiParameter): readonly AbiParameter[] | undefined {
  return "components" in parameter ? parameter.components : undefined;
}

function shapeOf(parameter: AbiParameter): Shape {
  const components = componentsOf(parameter);
  return components === undefined
    ? { type: parameter.type }
    : { type: parameter.type, components: components.map(shapeOf) };
}

function elementOf(parameter: AbiParameter): AbiParameter | undefined {
  const match = ARRAY.exec(parameter.type);
  return match === null ? undefined : { ...parameter, type: match[1] ?? "" };
}

function isNamed(components: readonly AbiParameter[]): boolean {
  return components.length > 0 && components.every(({ name }) => name !== undefined && name !== "");
}

/** Making a codec costs more than using it; a board talks to few contracts. */
const CODECS_MAX = 1_000;
const codecs = new Map<string, Codec>();

function codecOf(parameters: readonly AbiParameter[]): Codec {
  const shapes = parameters.map(shapeOf);
  const text = JSON.stringify(shapes);
  const known = codecs.get(text);
  if (known !== undefined) return known;
  const contract = createContract([
    { type: "function", name: "f", inputs: shapes, outputs: shapes },
  ] as never) as unknown as { readonly f: Codec };
  if (codecs.size >= CODECS_MAX) codecs.clear();
  codecs.set(text, contract.f);
  return contract.f;
}

/** A value as components write it, in the form the codec takes. @throws TypeError when it does not fit. */
function toCodec(parameter: AbiParameter, value: unknown): unknown {
  const element = elementOf(parameter);
  if (element !== undefined) {
    if (!Array.isArray(value)) throw new TypeError(`${parameter.type} wants a list`);
    return value.map((item) => toCodec(element, item));
  }
  const components = componentsOf(parameter);
  if (components !== undefined) return toCodecTuple(components, value);
  if (INTEGER.test(parameter.type)) {
    if (typeof value === "bigint") return value;
    if (!Number.isSafeInteger(value)) throw new TypeError(`${parameter.type} wants an integer`);
    return BigInt(value as number);
  }
  if (parameter.type === "bool" || parameter.type === "string") {
    if (typeof value !== (parameter.type === "bool" ? "boolean" : "string"))
      throw new TypeError(`${parameter.type} wants a ${parameter.type}`);
    return value;
  }
  const bytes = value instanceof Uint8Array ? value : bytesOf(value);
  if (parameter.type !== "address") return bytes;
  if (bytes.length !== 20) throw new TypeError("an address has 20 bytes");
  return hexOf(bytes);
}

function toCodecTuple(components: readonly AbiParameter[], value: unknown): unknown {
  if (typeof value !== "object" || value === null) throw new TypeError("tuple wants a record");
  if (Array.isArray(value) && value.length !== components.length)
    throw new TypeError(`tuple wants ${components.length} values`);
  const fields = value as Readonly<Record<string, unknown>>;
  const list = Array.isArray(value) || !isNamed(components);
  return components.map((component, at) =>
    toCodec(component, fields[list ? String(at) : (component.name ?? "")]),
  );
}

function fromCodec(parameter: AbiParameter, value: unknown): unknown {
  const element = elementOf(parameter);
  if (element !== undefined)
    return (value as readonly unknown[]).map((item) => fromCodec(element, item));
  const components = componentsOf(parameter);
  if (components !== undefined) {
    const values = (value as readonly unknown[]).map((item, at) =>
      fromCodec(components[at] ?? parameter, item),
    );
    return isNamed(components)
      ? Object.fromEntries(components.map(({ name }, at) => [name ?? "", values[at]]))
      : values;
  }
  const integer = INTEGER.exec(parameter.type);
  if (integer !== null)
    return Number(integer[2] === "" ? 256 : integer[2]) <= NUMBER_BITS_MAX ? Number(value) : value;
  if (value instanceof Uint8Array) return hexOf(value);
  return value;
}

/**
 * Encodes values for `parameters`. Source: Solidity, "Contract ABI Specification".
 * @throws TypeError or Error when they do not fit.
 */
export function encodeValues(
  parameters: readonly AbiParameter[],
  values: readonly unknown[],
): Uint8Array {
  if (values.length !== parameters.length)
    throw new TypeError(`${parameters.length} values wanted, ${values.length} given`);
  if (parameters.length === 0) return new Uint8Array();
  const list = parameters.map((parameter, at) => toCodec(parameter, values[at]));
  const encoded = codecOf(parameters).encodeInput(list.length === 1 ? list[0] : list);
  return encoded.subarray(SELECTOR_BYTES);
}

/**
 * Decodes what `encodeValues` or a contract made. Integers up to 48 bits come as numbers, wider ones
 * as bigints, bytes and addresses as 0x text in lower case, tuples as records when all fields have names.
 * @throws Error when the bytes are none of these.
 */
export function decodeValues(
  parameters: readonly AbiParameter[],
  bytes: Uint8Array,
): readonly unknown[] {
  if (parameters.length === 0) return [];
  const decoded = codecOf(parameters).decodeOutput(bytes);
  const list = parameters.length === 1 ? [decoded] : (decoded as readonly unknown[]);
  return parameters.map((parameter, at) => fromCodec(parameter, list[at]));
}
