import type { Packr } from "msgpackr";
import { Packr as PlainPackr } from "msgpackr/pack";

/** Deeper data is a mistake, such as a circle. */
const DEPTH_MAX = 100;

// See message-type.ts for the entry; here bigints may be of any size.
const packr = new (PlainPackr as unknown as typeof Packr)({
  ...{ useRecords: false, mapsAsObjects: true },
  ...{ int64AsType: "bigint", useBigIntExtension: true },
});

/**
 * Why `value` is no plain data (numbers, bigints, texts, truths, null, undefined, bytes, arrays and
 * records of those), and where, such as "prices.3: a function"; undefined when it is.
 */
export function plainFault(value: unknown, depth = 0): string | undefined {
  switch (typeof value) {
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "object":
      break;
    case "bigint":
    case "boolean":
    case "number":
    case "string":
    case "undefined":
      return undefined;
  }
  if (value === null || value instanceof Uint8Array) return undefined;
  if (depth >= DEPTH_MAX) return `deeper than ${DEPTH_MAX}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null)
    return `of the class ${value.constructor.name}`;
  for (const [key, each] of Object.entries(value)) {
    const fault = plainFault(each, depth + 1);
    if (fault !== undefined) return `${key}${fault.includes(":") ? "." : ": "}${fault}`;
  }
  return undefined;
}

/** Plain data as bytes; the same data gives the same bytes. */
export function encodePlain(value: unknown): Uint8Array {
  return packr.pack(value);
}

/** What `encodePlain` was given; undefined for bytes that it did not make. */
export function decodePlain(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: packr.unpack(bytes) as unknown };
  } catch {
    return undefined;
  }
}
