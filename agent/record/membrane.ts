import { AgentError } from "../core/errors.ts";
import type { JournalEntry, RecordedFault } from "./journal-entry.ts";
import { Handle, toText } from "./plain-text.ts";

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * Stands between a component and its context, and writes down all that passes: what the component
 * calls and reads, and what it is given. Objects with functions get a number when they pass first.
 */
export class Membrane {
  readonly #write: (entry: JournalEntry) => void;
  readonly #proxies = new WeakMap<object, { readonly proxy: object; readonly id: number }>();
  #lastId = 0;

  constructor(write: (entry: JournalEntry) => void) {
    this.#write = write;
  }

  /** The context as the component sees it. */
  context<T extends object>(context: T): T {
    return this.#wrapped("context", context) as T;
  }

  /** `handler` with all its calls written down under `name`. */
  handler(name: string, handler: AnyFunction): AnyFunction {
    return (...args) => {
      const id = this.#nextId();
      const passed = args.map((arg) => this.#pass(arg));
      this.#write({ kind: "begin", id, handler: name, args: this.#text(passed) });
      let result: unknown;
      try {
        result = handler(...passed);
      } catch (error) {
        this.#write({ kind: "end", id, result: toText(undefined), fault: faultOf(error).message });
        throw error;
      }
      if (!isPromise(result)) {
        this.#write({ kind: "end", id, result: this.#text(result) });
        return result;
      }
      return result.then(
        (value) => {
          this.#write({ kind: "end", id, result: this.#text(value) });
          return value;
        },
        (error: unknown) => {
          const fault = faultOf(error).message;
          this.#write({ kind: "end", id, result: toText(undefined), fault });
          throw error;
        },
      );
    };
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** What the component gets instead of `value`. */
  #pass(value: unknown): unknown {
    if (!isLive(value)) return value;
    const known = this.#proxies.get(value);
    if (known !== undefined) return known.proxy;
    const id = this.#nextId();
    const proxy = this.#wrapped(`#${id}`, value);
    this.#proxies.set(value, { proxy, id });
    this.#proxies.set(proxy, { proxy, id });
    return proxy;
  }

  #text(value: unknown): string {
    return toText(this.#handles(value));
  }

  #handles(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.#handles(each));
    if (typeof value !== "object" || value === null) return value;
    const id = this.#proxies.get(value)?.id;
    return id === undefined ? value : new Handle(id);
  }

  #wrapped(path: string, target: object): object {
    const functions = new Map<PropertyKey, AnyFunction>();
    // Around nothing: a frozen target would forbid to give out anything but its own values.
    return new Proxy(
      {},
      {
        get: (_, key) => {
          const value: unknown = Reflect.get(target, key, target);
          // An await looks for `then`: that is the language, not the component.
          if (typeof key === "symbol" || key === "then") return value;
          const inner = `${path}.${key}`;
          if (typeof value === "function") {
            const wrapped =
              functions.get(key) ?? this.#function(inner, value.bind(target) as AnyFunction);
            functions.set(key, wrapped);
            return wrapped;
          }
          // A part of the context, such as context.port: it has the same name in every run.
          if (isLive(value)) return this.#part(inner, value);
          this.#write({ kind: "get", path: inner, value: this.#text(value) });
          return value;
        },
      },
    );
  }

  #part(path: string, value: object): object {
    const known = this.#proxies.get(value);
    if (known !== undefined) return known.proxy;
    const proxy = this.#wrapped(path, value);
    this.#proxies.set(value, { proxy, id: 0 });
    return proxy;
  }

  #function(path: string, inner: AnyFunction): AnyFunction {
    return (...args) => {
      const told = this.#text(args);
      let result: unknown;
      try {
        result = inner(...args);
      } catch (error) {
        const fault = faultOf(error);
        this.#write({ kind: "call", path, args: told, result: toText(undefined), fault });
        throw error;
      }
      if (!isPromise(result)) {
        const passed = this.#pass(result);
        this.#write({ kind: "call", path, args: told, result: this.#text(passed) });
        return passed;
      }
      const id = this.#nextId();
      this.#write({ kind: "ask", id, path, args: told });
      return result.then(
        (value) => {
          const passed = this.#pass(value);
          this.#write({ kind: "told", id, result: this.#text(passed) });
          return passed;
        },
        (error: unknown) => {
          this.#write({ kind: "failed", id, fault: faultOf(error) });
          throw error;
        },
      );
    };
  }
}

function faultOf(error: unknown): RecordedFault {
  if (error instanceof AgentError)
    return { name: error.name, message: error.message, code: error.code };
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: "Error", message: String(error) };
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

/** Whether `value` has functions, its own or of a class, so that it is no data. */
function isLive(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value) || value instanceof Uint8Array) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return true;
  return Object.keys(value).some((key) => {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    // A getter is code too, and must not run to find out.
    if (descriptor === undefined || !("value" in descriptor)) return true;
    const inner: unknown = descriptor.value;
    return typeof inner === "function" || isLive(inner);
  });
}
