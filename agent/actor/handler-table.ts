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

  /** Calls the handler; undefined when there is none. */
  call(name: string, ...args: readonly unknown[]): unknown {
    return this.#handlers[name]?.(...args);
  }

  /** Names of the events of a contract port that are handled. */
  eventsOf(port: string): readonly string[] {
    return Object.keys(this.#events[port] ?? {});
  }

  /** Calls the handler of a contract's event. */
  callEvent(port: string, event: string, ...args: readonly unknown[]): unknown {
    return this.#events[port]?.[event]?.(...args);
  }
}
