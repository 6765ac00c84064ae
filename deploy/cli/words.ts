import { type ParseArgsConfig, parseArgs } from "node:util";
import { UsageError } from "./command.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
/** Values of the options by name; absent ones are undefined. */
export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** Reads a command's words. @throws UsageError for a word or an option that is not known. */
export function readWords(
  words: readonly string[],
  options: Options,
): { readonly values: Values; readonly positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The whole number of option `name`, from `min` to `max`; `fallback` when it is absent. @throws UsageError */
export function wholeOption<F extends number | undefined>(
  values: Values,
  name: string,
  { min, max, fallback }: { readonly min: number; readonly max: number; readonly fallback: F },
): number | F {
  const text = values[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (typeof text !== "string" || !/^\d+$/.test(text) || value < min || value > max)
    throw new UsageError(
      `--${name} takes a whole number from ${min} to ${max}, not ${String(text)}`,
    );
  return value;
}

/** All texts of an option that may be given several times. */
export function listOption(values: Values, name: string): readonly string[] {
  const given = values[name];
  if (given === undefined) return [];
  return (Array.isArray(given) ? given : [given]).map(String);
}

/** The text of option `name`. */
export function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}
