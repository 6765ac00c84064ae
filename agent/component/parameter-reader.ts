import { AgentError } from "../core/errors.ts";
import type { Parameters } from "./options.ts";

/** A kind of value that a model can write. */
export type ParameterKind = "text" | "number" | "truth";

interface Kinds {
  readonly text: string;
  readonly number: number;
  readonly truth: boolean;
}

const TYPES = { text: "string", number: "number", truth: "boolean" } as const;

/** The kinds that each parameter of a component may have. */
export type ParameterShape = Readonly<Record<string, readonly ParameterKind[]>>;

/** The values that a shape describes. */
export type ParametersOf<S extends ParameterShape> = {
  readonly [K in keyof S]: Kinds[S[K][number]];
};

/**
 * Makes the `options` of a component from the kinds of its parameters.
 * What it returns throws AgentError COMPONENT_OPTION_INVALID, naming the parameter.
 */
export function parameterReader<const S extends ParameterShape>(
  shape: S,
): (parameters: Parameters) => ParametersOf<S> {
  const entries = Object.entries(shape);
  return (parameters) => {
    const read = entries.map(([name, kinds]) => {
      const value = parameters[name];
      if (!kinds.some((kind) => typeof value === TYPES[kind]))
        throw new AgentError("COMPONENT_OPTION_INVALID", {
          name,
          want: kinds.join(" or "),
          value: String(value),
        });
      return [name, value] as const;
    });
    return Object.fromEntries(read) as ParametersOf<S>;
  };
}
