import type { Reach } from "../core/wire.ts";
import type { Connection } from "./connection.ts";
import type { Life } from "./life.ts";

/** Someone who listens at an endpoint. */
export interface Listener {
  readonly host: string;
  readonly life: Life;
  /** Who may connect: the same program, programs of the same host, or all; default all. */
  readonly reach?: Reach;
  /** Takes a new connection; returns what to do when it is lost. */
  accept(connection: Connection, from: unknown): () => void;
}

/** Whether a program on `host` may connect to `listener`. */
export function isWithinReach(listener: Listener, host: string, life: Life): boolean {
  if (listener.reach === "process") return listener.life === life;
  return listener.reach !== "board" || listener.host === host;
}

/** Who listens where, and who waits for somebody to listen there. */
export class Listeners {
  readonly #listeners = new Map<string, Listener>();
  readonly #waiting = new Map<string, Set<() => void>>();

  /** How many endpoints somebody listens at, and how many somebody waits for. */
  get sizes(): { readonly listenerCount: number; readonly awaitedCount: number } {
    return { listenerCount: this.#listeners.size, awaitedCount: this.#waiting.size };
  }

  get(endpoint: string): Listener | undefined {
    return this.#listeners.get(endpoint);
  }

  /** Listens at `endpoint` until the returned function is called. */
  listen(endpoint: string, listener: Listener): () => void {
    this.#listeners.set(endpoint, listener);
    for (const retry of [...(this.#waiting.get(endpoint) ?? [])]) retry();
    return () => {
      if (this.#listeners.get(endpoint) === listener) this.#listeners.delete(endpoint);
    };
  }

  /** Calls `retry` when somebody begins to listen, until the returned function is called. */
  wait(endpoint: string, retry: () => void): () => void {
    const waiting = this.#waiting.get(endpoint) ?? new Set();
    this.#waiting.set(endpoint, waiting);
    waiting.add(retry);
    return () => {
      waiting.delete(retry);
      if (waiting.size === 0) this.#waiting.delete(endpoint);
    };
  }
}
