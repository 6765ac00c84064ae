import { AgentError } from "../core/errors.ts";

/** The parameters that the model and the deployment give a component. */
export type Parameters = Readonly<Record<string, unknown>>;

function wrong(name: string, want: string, value: unknown): AgentError {
  return new AgentError("COMPONENT_OPTION_INVALID", { name, want, value: String(value) });
}

/** A parameter that is text. @throws AgentError COMPONENT_OPTION_INVALID */
export function textOption(parameters: Parameters, name: string): string {
  const value = parameters[name];
  if (typeof value !== "string") throw wrong(name, "text", value);
  return value;
}

/** A parameter that is an integer of at least `min`. @throws AgentError COMPONENT_OPTION_INVALID */
export function integerOption(parameters: Parameters, name: string, min = 0): number {
  const value = parameters[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min)
    throw wrong(name, `an integer of at least ${min}`, value);
  return value;
}

/** A parameter that is a finite number of at least `min`. @throws AgentError COMPONENT_OPTION_INVALID */
export function numberOption(parameters: Parameters, name: string, min = 0): number {
  const value = parameters[name];
  if (typeof value !== "number" || !Number.isFinite(value) || value < min)
    throw wrong(name, `a number of at least ${min}`, value);
  return value;
}
