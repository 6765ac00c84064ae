/**
 * One field of a message: its TypeScript type, and the check at the network's edge.
 *
 * Invariant: a value that `check` lets through encodes and decodes to an equal value.
 */
export interface Field<T> {
  /** The shape as text: the same text means the same shape on every board. */
  readonly signature: string;
  /**
   * Undefined when `value` is of this shape; otherwise where and why not, such as "energyWh: not an integer".
   * Unknown keys of a record are no fault: a newer sender may add some.
   */
  fault(value: unknown): string | undefined;
  /** A copy that holds only what the shape names; `value` has passed `fault`. */
  pick(value: unknown): T;
}

/** The TypeScript type of a field. */
export type Infer<F> = F extends Field<infer T> ? T : never;

function plain<T>(signature: string, fault: (value: unknown) => string | undefined): Field<T> {
  return { signature, fault, pick: (value) => value as T };
}

/** An integer from `min` to `max`, both at most 2^53 - 1 in size. */
export function integer(min: number, max: number): Field<number> {
  return plain(`int[${min},${max}]`, (value) => {
    if (!Number.isSafeInteger(value)) return "not an integer";
    return (value as number) < min || (value as number) > max ? `not in ${min}..${max}` : undefined;
  });
}

/** A bigint from 0 to 2^64 - 1: money, and energy that is added up. */
export const unsigned64: Field<bigint> = wide("u64", "0..2^64-1", [0n, 1n << 64n]);

/** A bigint from -2^63 to 2^63 - 1. */
export const signed64: Field<bigint> = wide("s64", "-2^63..2^63-1", [-(1n << 63n), 1n << 63n]);

function wide(
  signature: string,
  range: string,
  [from, end]: readonly [bigint, bigint],
): Field<bigint> {
  return {
    signature,
    fault(value) {
      // The encoding writes small bigints as plain integers, so both forms arrive.
      if (typeof value !== "bigint" && !Number.isSafeInteger(value)) return "not a bigint";
      const held = BigInt(value as bigint | number);
      return held < from || held >= end ? `not in ${range}` : undefined;
    },
    pick: (value) => BigInt(value as bigint | number),
  };
}

/** A measured value; never for money, energy that is added up, or what machines must agree on. */
export const real: Field<number> = plain("real", (value) =>
  typeof value === "number" && Number.isFinite(value) ? undefined : "not a finite number",
);

/** true or false. */
export const truth: Field<boolean> = plain("bool", (value) =>
  typeof value === "boolean" ? undefined : "not true or false",
);

/** Whether no half of a pair of UTF-16 units stands alone: UTF-8 has no bytes for it. Source: ECMA-262 2024. */
function isWellFormed(value: string): boolean {
  return (value as string & { readonly isWellFormed: () => boolean }).isWellFormed();
}

/** Text of at most `lengthMax` UTF-16 units. */
export function text(lengthMax: number): Field<string> {
  return plain(`text[${lengthMax}]`, (value) => {
    if (typeof value !== "string") return "not text";
    if (value.length > lengthMax) return `longer than ${lengthMax}`;
    return isWellFormed(value) ? undefined : "not Unicode";
  });
}

/** 0x text of exactly `byteCount` bytes: addresses, hashes. */
export function hex(byteCount: number): Field<`0x${string}`> {
  const pattern = new RegExp(`^0x[0-9a-fA-F]{${byteCount * 2}}$`);
  return plain(`hex[${byteCount}]`, (value) =>
    typeof value === "string" && pattern.test(value) ? undefined : `not 0x and ${byteCount} bytes`,
  );
}

/** At most `lengthMax` bytes. */
export function bytes(lengthMax: number): Field<Uint8Array> {
  return {
    signature: `bytes[${lengthMax}]`,
    fault(value) {
      if (!(value instanceof Uint8Array)) return "not bytes";
      return value.length > lengthMax ? `longer than ${lengthMax}` : undefined;
    },
    // A plain Uint8Array of its own: a decoder hands out views of a larger buffer.
    pick: (value) => Uint8Array.from(value as Uint8Array),
  };
}

/** One of the given words. */
export function oneOf<const W extends readonly string[]>(...words: W): Field<W[number]> {
  return plain(`one[${words.join("|")}]`, (value) =>
    words.includes(value as string) ? undefined : `not one of ${words.join(", ")}`,
  );
}

/** At most `countMax` items of one shape. */
export function list<T>(item: Field<T>, countMax: number): Field<readonly T[]> {
  return {
    signature: `list[${countMax}](${item.signature})`,
    fault(value) {
      if (!Array.isArray(value)) return "not a list";
      if (value.length > countMax) return `more than ${countMax} items`;
      for (const [index, each] of value.entries()) {
        const fault = item.fault(each);
        if (fault !== undefined) return `${index}: ${fault}`;
      }
      return undefined;
    },
    pick: (value) => (value as unknown[]).map((each) => item.pick(each)),
  };
}

type Fields = Readonly<Record<string, Field<unknown>>>;
/** The type that a table of fields describes. */
export type InferFields<S extends Fields> = { readonly [K in keyof S]: Infer<S[K]> };

/** A record with all of the given fields. */
export function record<const S extends Fields>(fields: S): Field<InferFields<S>> {
  const entries = Object.entries(fields);
  const inner = entries.map(([name, field]) => `${name}:${field.signature}`).join(",");
  return {
    signature: `{${inner}}`,
    fault(value) {
      if (typeof value !== "object" || value === null || Array.isArray(value))
        return "not a record";
      for (const [name, field] of entries) {
        const fault = field.fault((value as Record<string, unknown>)[name]);
        if (fault !== undefined) return `${name}: ${fault}`;
      }
      return undefined;
    },
    pick(value) {
      // Assigned one by one, all records of a shape are of one hidden class: ten times as fast as fromEntries.
      const picked: Record<string, unknown> = {};
      for (const [name, field] of entries)
        picked[name] = field.pick((value as Record<string, unknown>)[name]);
      return picked as InferFields<S>;
    },
  };
}
