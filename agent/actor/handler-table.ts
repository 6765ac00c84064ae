type Handler = (...args: readonly unknown[]) => unknown;
type Handlers = Readonly<Record<string, Handler | undefined>>;
type Events = Readonly<Record<string, Handlers | undefined>>;

/** The handlers that a component's setup returned, called by their names. */
export class HandlerTable {
  readonly #handlers: Handlers;
  readonly #events: Events;

  /** `handlers` may be a record or an object of a class. */
  constructor(handlers: object) {
    this.#handlers = handlers as Handlers;
    this.#events = (handlers as { readonly events?: Events }).events ?? {};
  }

  has(name: string): boolean {
    return this.#handlers[name] !== undefined;
  }

  /** Calls the handler; undefined when there is none. Written out: it is called for every message. */
  call(name: string, one?: unknown, two?: unknown, three?: unknown): unknown {
    return this.#handlers[name]?.(one, two, three);
  }

  /** The same for any number of arguments. */
  callWith(name: string, args: readonly unknown[]): unknown {
    return this.#handlers[name]?.(...args);
  }

  /** Names of the events of a contract port that are handled. */
  eventsOf(port: string): readonly string[] {
    return Object.keys(this.#events[port] ?? {});
  }

  /** Calls the handler of a contract's event. */
  callEvent(port: string, event: string, args: unknown, place: unknown): unknown {
    return this.#events[port]?.[event]?.(args, place);
  }
}
