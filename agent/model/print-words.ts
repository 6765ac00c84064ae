import { AgentError } from "../core/errors.ts";
import type { LanguageVersion, Literal } from "./app-model.ts";
import { quoted } from "./literal-rule.ts";
import type { NameReference } from "./name-reference.ts";

/** What stands before everything else: nothing, or our marker and an empty line. */
export function markerText(version: LanguageVersion): string {
  return version === 1 ? "language hedgerow 1;\n\n" : "";
}

/** A block of statements, a line each. */
export function blockText(statements: readonly string[]): string {
  return ["{", ...statements, "}"].join("\n");
}

/** A value as it is written. @throws AgentError MODEL_NOT_PRINTABLE */
export function literalText({ value }: Literal): string {
  if (typeof value === "string") return stringText(value);
  // Digits alone would claim to be exact, which a double of this size need not be.
  const isLarge = typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
  return isLarge ? value.toExponential() : String(value);
}

/** Text in quotes. @throws AgentError MODEL_NOT_PRINTABLE for a backslash before a quote. */
export function stringText(value: string): string {
  const text = quoted(value);
  if (text === null) throw new AgentError("MODEL_NOT_PRINTABLE", { value });
  return text;
}

/** Whether a text can stand without quotes. */
export function isName(text: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(text);
}

/** Names with commas between. */
export function namesText(names: readonly NameReference[]): string {
  return names.map(({ name }) => name).join(", ");
}
