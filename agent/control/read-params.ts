import { AgentError } from "../core/errors.ts";
import type { Json } from "../core/rpc.ts";
import type { Params } from "./control-method.ts";

const TEXT_LENGTH_MAX = 1_000;

/** Whether a value is a record of JSON. */
export function isRecord(value: Json | undefined): value is Params {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text `name`; undefined when it is absent. @throws AgentError CONTROL_PARAMS_INVALID */
export function textParam(params: Params, name: string): string | undefined {
  const value = params[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || value.length > TEXT_LENGTH_MAX)
    throw invalidParam(name, `a text of at most ${TEXT_LENGTH_MAX} characters`);
  return value;
}

/** The whole number `name`, from `min` to `max`; `fallback` when absent. @throws AgentError CONTROL_PARAMS_INVALID */
export function wholeParam(
  params: Params,
  name: string,
  { min, max, fallback }: { readonly min: number; readonly max: number; readonly fallback: number },
): number {
  const value = params[name] ?? fallback;
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max)
    throw invalidParam(name, `a whole number from ${min} to ${max}`);
  return value;
}

/** Says what a parameter has to be. */
export function invalidParam(name: string, expected: string): AgentError {
  return new AgentError("CONTROL_PARAMS_INVALID", { parameter: name, expected });
}
