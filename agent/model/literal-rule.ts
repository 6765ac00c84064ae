import type { SourcePosition } from "./problem.ts";

/** How a grammar tells of something that parses and is wrong all the same. */
export type Report = (position: SourcePosition, message: string, hint: string) => void;

/**
 * The value of a string without its quotes. Only quotes can be escaped: as in the reference, any
 * other backslash stands for itself, two of them for two.
 */
export function unescaped(text: string): string {
  return text.replaceAll('\\"', '"').replaceAll("\\'", "'");
}

/** A string as it is written, or null when the language cannot express it (a backslash before a quote). */
export function quoted(value: string): string | null {
  const written = value.replaceAll('"', '\\"');
  const isWhole = /^(?:\\[\s\S]|[^"\\])*$/.test(written);
  return isWhole && unescaped(written) === value ? `"${written}"` : null;
}

/** The number that `text` writes; reports one that a double does not hold. */
export function numberOf(text: string, position: SourcePosition, report: Report): number {
  // Adding zero turns -0 into 0: no two numbers that print alike.
  const value = Number(text) + 0;
  if (!Number.isFinite(value))
    report(position, `${text} is too large a number`, "the largest is about 1.8e308");
  else if (/^[+-]?\d+$/.test(text) && BigInt(text) !== BigInt(value))
    report(position, `${text} cannot be held exactly`, "write it as a string");
  return value;
}
