import type { AnyDefinition } from "../component/define.ts";
import { AgentError, ERROR_SENTENCES, type ErrorCode } from "../core/errors.ts";
import { type Deferred, deferred } from "../core/waiting.ts";
import { isOwnDoing, type JournalEntry, type RecordedFault } from "./journal-entry.ts";
import { fromText, toText } from "./plain-text.ts";

/** How a replay went. */
export type ReplayReport =
  | { readonly kind: "same"; readonly entryCount: number }
  /** The first step that was another: `at` is its place in the journal. */
  | {
      readonly kind: "different";
      readonly at: number;
      readonly recorded: string;
      readonly replayed: string;
    };

type Handlers = Readonly<Record<string, unknown>>;
type AnyFunction = (...args: unknown[]) => unknown;
/** Turns of the queue of promises that a component may take to its next step. */
const TURNS_MAX = 10_000;

/**
 * Runs a component alone against the journal of an earlier run: gives it what it was given then, and
 * compares all that it does, in order and byte for byte. The code may be newer than the recording.
 * @throws AgentError RECORDING_UNREADABLE when the journal does not begin with the component's start.
 */
export async function replayComponent(
  definition: AnyDefinition,
  entries: readonly JournalEntry[],
): Promise<ReplayReport> {
  return new Replay(definition, entries).run();
}

class Difference extends Error {}

class Replay {
  readonly #definition: AnyDefinition;
  readonly #entries: readonly JournalEntry[];
  readonly #asked = new Map<number, Deferred<unknown>>();
  readonly #stubs = new Map<string, object>();
  #handlers: Handlers = {};
  #at = 0;
  #report: ReplayReport | undefined;

  constructor(definition: AnyDefinition, entries: readonly JournalEntry[]) {
    this.#definition = definition;
    this.#entries = entries;
  }

  async run(): Promise<ReplayReport> {
    const [first] = this.#entries;
    if (first?.kind !== "open")
      throw new AgentError("RECORDING_UNREADABLE", { why: "it has no start of this component" });
    this.#at = 1;
    const parameters = this.#value(first.parameters) as Record<string, unknown>;
    try {
      const options: unknown = this.#definition.options(parameters);
      const context = this.#stub("context") as Parameters<AnyDefinition["setup"]>[0];
      this.#handlers = this.#definition.setup(context, options) as unknown as Handlers;
    } catch (error) {
      if (!(error instanceof Difference)) throw error;
    }
    while (this.#report === undefined) {
      const entry = this.#entries[this.#at];
      if (entry === undefined) return this.#same();
      if (isOwnDoing(entry)) await this.#awaited(entry);
      else this.#given(entry);
    }
    return this.#report;
  }

  /** A recording ends where its process did: what would have come then is neither awaited nor compared. */
  #same(): ReplayReport {
    return { kind: "same", entryCount: this.#entries.length };
  }

  /** Waits until the component has done what comes next. */
  async #awaited(entry: JournalEntry): Promise<void> {
    const before = this.#at;
    for (let turn = 0; turn < TURNS_MAX; turn += 1) {
      if (this.#at !== before || this.#report !== undefined) return;
      await Promise.resolve();
    }
    this.#differs(entry, "nothing");
  }

  #given(entry: JournalEntry): void {
    this.#at += 1;
    switch (entry.kind) {
      case "begin":
        this.#begin(entry);
        return;
      case "told":
        this.#asked.get(entry.id)?.resolve(this.#value(entry.result));
        return;
      case "failed":
        this.#asked.get(entry.id)?.reject(errorOf(entry.fault));
        return;
      case "open":
        this.#differs(entry, "a second start");
        return;
      case "call":
      case "ask":
      case "get":
      case "end":
        return;
    }
  }

  #begin({ id, handler, args }: Extract<JournalEntry, { kind: "begin" }>): void {
    const call = this.#handlerOf(handler);
    if (call === undefined) {
      this.#at -= 1;
      this.#differs(this.#entries[this.#at], "no such handler");
      return;
    }
    const ended = (result: unknown, fault?: string): void => {
      const text = toText(result);
      this.#matches({ kind: "end", id, result: text, ...(fault === undefined ? {} : { fault }) });
    };
    let result: unknown;
    try {
      result = call(...(this.#value(args) as unknown[]));
    } catch (error) {
      if (!(error instanceof Difference)) ended(undefined, messageOf(error));
      return;
    }
    if (!(result instanceof Promise)) ended(result);
    else
      result.then(
        (value) => ended(value),
        (error: unknown) => {
          if (!(error instanceof Difference)) ended(undefined, messageOf(error));
        },
      );
  }

  #handlerOf(path: string): AnyFunction | undefined {
    let table: unknown = this.#handlers;
    let owner: unknown;
    for (const name of path.split(".")) {
      owner = table;
      table = (table as Record<string, unknown> | undefined)?.[name];
    }
    return typeof table === "function" ? (table.bind(owner) as AnyFunction) : undefined;
  }

  /** Something of the context: what is read or called is answered as it was then. */
  #stub(path: string): object {
    const known = this.#stubs.get(path);
    if (known !== undefined) return known;
    const stub = new Proxy(() => undefined, {
      get: (_, key) => {
        if (typeof key === "symbol" || key === "then") return undefined;
        const inner = `${path}.${key}`;
        const next = this.#entries[this.#at];
        if (next?.kind !== "get" || next.path !== inner) return this.#stub(inner);
        this.#at += 1;
        return this.#value(next.value);
      },
      apply: (_, __, args: unknown[]) => this.#called(path, args),
    });
    this.#stubs.set(path, stub);
    return stub;
  }

  #called(path: string, args: readonly unknown[]): unknown {
    const text = toText(args);
    const next = this.#entries[this.#at];
    if (next?.kind === "ask" && next.path === path && next.args === text) {
      this.#at += 1;
      const pending = deferred<unknown>();
      this.#asked.set(next.id, pending);
      return pending.promise;
    }
    if (next?.kind !== "call" || next.path !== path || next.args !== text) {
      this.#differs(next, `call ${path} ${text}`);
      throw new Difference(path);
    }
    this.#at += 1;
    if (next.fault !== undefined) throw errorOf(next.fault);
    return this.#value(next.result);
  }

  #matches(entry: JournalEntry): void {
    const next = this.#entries[this.#at];
    if (next !== undefined && JSON.stringify(next) === JSON.stringify(entry)) this.#at += 1;
    else this.#differs(next, JSON.stringify(entry));
  }

  #differs(recorded: JournalEntry | undefined, replayed: string): void {
    this.#report ??=
      recorded === undefined
        ? this.#same()
        : { kind: "different", at: this.#at, recorded: JSON.stringify(recorded), replayed };
  }

  #value(text: string): unknown {
    return fromText(text, (id) => this.#stub(`#${id}`));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function errorOf({ name, message, code }: RecordedFault): Error {
  if (code !== undefined && Object.hasOwn(ERROR_SENTENCES, code)) {
    const error = new AgentError(code as ErrorCode, {});
    error.message = message;
    return error;
  }
  const error = new Error(message);
  error.name = name;
  return error;
}
