import type { AnyDefinition } from "../component/define.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { Membrane } from "./membrane.ts";
import { toText } from "./plain-text.ts";

type AnyFunction = (...args: unknown[]) => unknown;
type Handlers = Readonly<Record<string, unknown>>;

/** `definition` with every step of its component's life written down; it behaves as before. */
export function recordedComponent(
  definition: AnyDefinition,
  write: (entry: JournalEntry) => void,
): AnyDefinition {
  return {
    ...definition,
    options(parameters) {
      write({ kind: "open", componentType: definition.name, parameters: toText(parameters) });
      return definition.options(parameters) as unknown;
    },
    setup(context, options) {
      const membrane = new Membrane(write);
      const handlers = definition.setup(membrane.context(context), options);
      return wrappedHandlers(handlers as unknown as Handlers, "", membrane) as ReturnType<
        AnyDefinition["setup"]
      >;
    },
  };
}

// Handlers of contracts' events lie two levels down: events.market.Posted.
function wrappedHandlers(handlers: Handlers, path: string, membrane: Membrane): Handlers {
  const wrapped = Object.entries(handlers).map(([name, handler]): [string, unknown] => {
    if (typeof handler === "function") {
      const bound = handler.bind(handlers) as AnyFunction;
      return [name, membrane.handler(`${path}${name}`, bound)];
    }
    const isTable = typeof handler === "object" && handler !== null;
    return [
      name,
      isTable ? wrappedHandlers(handler as Handlers, `${path}${name}.`, membrane) : handler,
    ];
  });
  return Object.fromEntries(wrapped);
}
