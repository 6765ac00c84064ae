import { readFileSync } from "node:fs";
import { UsageError } from "./command.ts";
import type { Values } from "./words.ts";

const LINE = /^\s*([a-z][a-z-]*)\s*=\s*(.*?)\s*$/;

/**
 * Options from a file: `name = value`, a line each, the names those of the options; "#" begins a line that is
 * skipped. Words that were typed win over it. @throws UsageError for a line that says nothing known.
 */
export function withConfig(
  typed: Values,
  path: string | undefined,
  names: readonly string[],
): Values {
  if (path === undefined) return typed;
  const values: Record<string, string> = {};
  for (const [index, line] of textAt(path).split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name = "", value = ""] = LINE.exec(line) ?? [];
    const place = `${path}:${index + 1}`;
    if (!names.includes(name))
      throw new UsageError(`${place}: not one of ${names.join(", ")}, as in name = value`);
    if (name in values) throw new UsageError(`${place}: ${name} is there twice`);
    if (value === "")
      throw new UsageError(`${place}: ${name} has no value; "#" before it leaves it out`);
    values[name] = value;
  }
  return {
    ...values,
    ...Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== undefined)),
  };
}

function textAt(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
