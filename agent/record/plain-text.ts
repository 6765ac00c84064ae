import { hexOf } from "../core/hex.ts";

/** Stands for something that cannot be written down: an object with functions, known by number. */
export class Handle {
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }
}

/**
 * Plain data as JSON text, and exactly back: what JSON lacks travels as an object of one key.
 * `$n` bigint, `$b` bytes in hex, `$f` a number that JSON has no word for, `$u` undefined, `$h` a
 * handle, `$o` an object whose only key begins with "$". Equal data in equal order give equal text.
 */
export function toText(value: unknown): string {
  return JSON.stringify(tagged(value));
}

function tagged(value: unknown): unknown {
  switch (typeof value) {
    case "bigint":
      return { $n: String(value) };
    case "undefined":
      return { $u: 0 };
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $f: Object.is(value, -0) ? "-0" : String(value) };
    case "string":
    case "boolean":
      return value;
    case "object":
      return value === null ? null : taggedObject(value);
    case "function":
    case "symbol":
      throw new TypeError(`a ${typeof value} is no data`);
  }
}

function taggedObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(tagged);
  if (value instanceof Uint8Array) return { $b: hexOf(value) };
  if (value instanceof Handle) return { $h: value.id };
  const entries = Object.entries(value).map(([key, each]) => [key, tagged(each)] as const);
  const [first] = entries;
  const looksTagged = entries.length === 1 && first?.[0].startsWith("$") === true;
  const plain = Object.fromEntries(entries);
  return looksTagged ? { $o: plain } : plain;
}

/** What `toText` was given; `handle` makes what stands for a handle. @throws SyntaxError */
export function fromText(text: string, handle: (id: number) => unknown): unknown {
  return untagged(JSON.parse(text) as unknown, handle);
}

function untagged(value: unknown, handle: (id: number) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => untagged(each, handle));
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0].startsWith("$") === true) {
    const [tag, inner] = first as [string, unknown];
    if (tag === "$n") return BigInt(inner as string);
    if (tag === "$b") return bytesOf(inner as string);
    if (tag === "$f") return Number(inner);
    if (tag === "$u") return undefined;
    if (tag === "$h") return handle(inner as number);
    return fromEntries(Object.entries(inner as object), handle);
  }
  return fromEntries(entries, handle);
}

function fromEntries(entries: [string, unknown][], handle: (id: number) => unknown): unknown {
  return Object.fromEntries(entries.map(([key, each]) => [key, untagged(each, handle)]));
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
}
