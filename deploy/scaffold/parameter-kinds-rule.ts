import type { ParameterKind } from "../../agent/component/parameter-reader.ts";
import type {
  AppModel,
  ComponentType,
  Literal,
  ParameterValue,
} from "../../agent/model/app-model.ts";

const ALL: readonly ParameterKind[] = ["text", "number", "truth"];

/**
 * The kinds of value that each parameter of a component can have, by what the model says of it: its
 * default, and what actors give it. Every kind when the model leaves that to deployments.
 */
export function parameterKinds(
  app: AppModel,
  component: ComponentType,
): ReadonlyMap<string, readonly ParameterKind[]> {
  const kinds = component.formals.map(({ name, default: value }) => {
    const literals = [...(value === undefined ? [] : [value]), ...givenTo(app, component, name)];
    const found = new Set(literals.map((literal) => kindOf(literal.value)));
    return [name, found.size === 0 ? ALL : ALL.filter((kind) => found.has(kind))] as const;
  });
  return new Map(kinds);
}

/** The literals that actors give this parameter, themselves or as a default of their own. */
function givenTo(app: AppModel, component: ComponentType, parameter: string): readonly Literal[] {
  return app.actors.flatMap(({ formals, instances }) =>
    instances
      .filter((use) => use.component.name === component.name)
      .flatMap(({ actuals }) => actuals.filter(({ name }) => name === parameter))
      .flatMap(({ value }): readonly Literal[] => {
        if (value.type === "literal") return [value];
        const own = formals.find(({ name }) => name === value.name)?.default;
        return own === undefined ? [] : [own];
      }),
  );
}

function kindOf(value: ParameterValue): ParameterKind {
  if (typeof value === "string") return "text";
  return typeof value === "number" ? "number" : "truth";
}
