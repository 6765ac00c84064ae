import type {
  ActorType,
  Actual,
  ComponentType,
  ComponentUse,
  Formal,
  Literal,
  ParameterValue,
} from "./app-model.ts";
import type { SourcePosition } from "./problem.ts";
import { didYouMean, noteDuplicates, type ProblemList } from "./problem-list.ts";

interface UseOfComponent {
  readonly use: ComponentUse;
  readonly component: ComponentType;
}

/** Notes actuals of an instance that fit no formal, formals left without a value, and wrong kinds. */
export function checkActuals(
  found: ProblemList,
  actor: ActorType,
  { use, component }: UseOfComponent,
): void {
  noteDuplicates(found, "argument", use.actuals);
  for (const actual of use.actuals) {
    const formal = component.formals.find(({ name }) => name === actual.name);
    if (formal === undefined) noteUnknownFormal(found, component, actual);
    const value = valueOf(found, actor, actual);
    if (formal !== undefined && value !== undefined)
      checkKind(found, formal, value, actual.position);
  }
  for (const formal of component.formals) {
    const isGiven = use.actuals.some(({ name }) => name === formal.name);
    if (formal.default === undefined && !isGiven)
      found.error(
        use.position,
        `${use.name} gives no value for parameter ${formal.name} of component ${component.name}`,
        `write ${use.name} : ${component.name}(${formal.name}=…);, or give the parameter a default`,
      );
  }
}

function noteUnknownFormal(found: ProblemList, component: ComponentType, actual: Actual): void {
  const known = component.formals.map(({ name }) => name);
  found.error(
    actual.position,
    `component ${component.name} has no parameter ${actual.name}`,
    didYouMean(actual.name, known),
  );
}

// The literal that decides the kind: the actual's, or the default of the actor's formal it names.
function valueOf(found: ProblemList, actor: ActorType, { value }: Actual): Literal | undefined {
  if (value.type === "literal") return value;
  const formal = actor.formals.find(({ name }) => name === value.name);
  if (formal === undefined)
    found.error(
      value.position,
      `actor ${actor.name} has no parameter ${value.name}`,
      actor.formals.length === 0
        ? `a word without quotes names a parameter of the actor; for text write "${value.name}"`
        : didYouMean(
            value.name,
            actor.formals.map(({ name }) => name),
          ),
    );
  return formal?.default;
}

const HINTS = {
  string: "put it in quotes",
  number: "write a number without quotes",
  boolean: "write true or false",
} as const;

/** Notes a value whose kind (string, number, boolean) differs from the default's. */
export function checkKind(
  found: ProblemList,
  formal: Formal,
  { value }: Pick<Literal, "value">,
  position: SourcePosition,
): void {
  if (formal.default === undefined) return;
  const wanted = kindOf(formal.default.value);
  if (kindOf(value) === wanted) return;
  found.error(
    position,
    `${formal.name} takes a ${wanted}, as its default ${JSON.stringify(formal.default.value)}; this is a ${kindOf(value)}`,
    HINTS[wanted],
  );
}

function kindOf(value: ParameterValue): "string" | "number" | "boolean" {
  if (typeof value === "string") return "string";
  return typeof value === "number" ? "number" : "boolean";
}
