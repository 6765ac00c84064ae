/** Plain data that has one text. */
export type Canonical =
  | string
  | number
  | boolean
  | null
  | readonly Canonical[]
  | { readonly [name: string]: Canonical };

/**
 * The one text of a value: names in the order of their characters, no white space, whole numbers.
 * Source: RFC 8785, for the values that this has.
 */
export function canonicalText(value: Canonical): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const record = value as Readonly<Record<string, Canonical>>;
    const pairs = Object.keys(record)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${canonicalText(record[name] ?? null)}`);
    return `{${pairs.join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new TypeError(`${value} is not a whole number`);
  return JSON.stringify(value);
}

/** The value of a canonical text; undefined for any other text, also for another text of the same value. */
export function readCanonical(text: string): Canonical | undefined {
  try {
    const value = JSON.parse(text) as Canonical;
    return canonicalText(value) === text ? value : undefined;
  } catch {
    // Not JSON, or with numbers that are not whole: both are what this answers.
    return undefined;
  }
}

/** A record, for whoever takes one apart. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
