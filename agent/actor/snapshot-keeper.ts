import type { Database } from "../core/store.ts";
import type { World } from "../core/world.ts";
import type { ActorInstance, ComponentInstance } from "../model/instances.ts";
import { decodeState, encodeState } from "./state-record.ts";

/** How often the states of components are kept. The defaults spare SD cards: each write is an fsync. */
export interface SnapshotOptions {
  /** After the first handler since the last snapshot, in ms; default 60 000. */
  readonly intervalMs?: number;
  /** Sooner after so many handlers; default 10 000. */
  readonly handledMax?: number;
  /** Never sooner than this after the last one, in ms; default 5 000. */
  readonly pauseMs?: number;
}

/** What keeps the state of one component is given. */
export interface SnapshotKeeperParts {
  readonly world: Pick<World, "clock" | "log" | "store">;
  readonly actor: ActorInstance;
  readonly model: ComponentInstance;
  readonly options: SnapshotOptions;
}

/** Runs `keep` with the component's snapshot, between two of its handlers; not at all when there is none. */
export type TakeSnapshot = (keep: (state: unknown) => void) => Promise<void>;

const TABLE = "state";
const LATEST = Uint8Array.of(1);
/** The last state that the component could not take; for people. */
const REFUSED = Uint8Array.of(2);

/**
 * Keeps the state of one component in a database of its own, so that components in threads have theirs.
 *
 * It writes only what differs from what it has. An idle component costs nothing: time runs from the
 * first handler after a snapshot.
 */
export class SnapshotKeeper implements AsyncDisposable {
  readonly #parts: SnapshotKeeperParts;
  readonly #database: Database;
  #take: TakeSnapshot | undefined;
  #handledCount = 0;
  #lastMs: number;
  #armed: AbortController | undefined;

  private constructor(parts: SnapshotKeeperParts, database: Database) {
    this.#parts = parts;
    this.#database = database;
    this.#lastMs = parts.world.clock.monotonicMs();
  }

  /** @throws AgentError STORE_IN_USE while an earlier incarnation lives. */
  static async open(parts: SnapshotKeeperParts): Promise<SnapshotKeeper> {
    const { world, actor, model } = parts;
    const name = `state-${letters(actor.instanceName)}-${letters(model.name)}`;
    return new SnapshotKeeper(parts, await world.store.open(name));
  }

  /** What an earlier incarnation left; undefined when there is nothing that can be used. */
  latest(): { readonly state: unknown } | undefined {
    const bytes = this.#database.get(TABLE, LATEST);
    if (bytes === undefined) return undefined;
    const decoded = decodeState(this.#parts.model.componentType, bytes);
    if (decoded.kind === "state") return decoded;
    this.#log("state-ignored", decoded.why);
    return undefined;
  }

  /** The component could not take its state: its next incarnation starts without. */
  readonly refuse = (): void => {
    const bytes = this.#database.get(TABLE, LATEST);
    if (bytes === undefined) return;
    this.#database.transact((writer) => {
      writer.put(TABLE, REFUSED, bytes);
      writer.delete(TABLE, LATEST);
    });
  };

  /** The component is active: from now on its state is kept. */
  start(take: TakeSnapshot): void {
    this.#take = take;
  }

  /** A handler has ended. */
  handled(): void {
    if (this.#take === undefined) return;
    const { intervalMs = 60_000, handledMax = 10_000, pauseMs = 5000 } = this.#parts.options;
    this.#handledCount += 1;
    if (this.#handledCount === 1) this.#arm(Math.max(intervalMs, this.#pauseLeftMs(pauseMs)));
    if (this.#handledCount === handledMax) this.#arm(this.#pauseLeftMs(pauseMs));
  }

  /** Keeps the state now, if it has changed. */
  async keep(): Promise<void> {
    this.#disarm();
    this.#handledCount = 0;
    this.#lastMs = this.#parts.world.clock.monotonicMs();
    let bytes: Uint8Array | undefined;
    await this.#take?.((state) => {
      // Now: the next handler may change what it refers to.
      bytes = encodeState(this.#parts.model.componentType, state);
    });
    if (bytes !== undefined) this.#write(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disarm();
    this.#take = undefined;
    await this.#database[Symbol.asyncDispose]();
  }

  #write(bytes: Uint8Array): void {
    const last = this.#database.get(TABLE, LATEST);
    if (last !== undefined && isSame(last, bytes)) return;
    try {
      this.#database.transact((writer) => writer.put(TABLE, LATEST, bytes));
    } catch (error) {
      // A full disk: what was kept is still there, and the component is worth more than its state.
      this.#log("state-not-kept", String(error));
    }
  }

  #pauseLeftMs(pauseMs: number): number {
    return Math.max(0, this.#lastMs + pauseMs - this.#parts.world.clock.monotonicMs());
  }

  #arm(delayMs: number): void {
    this.#disarm();
    const armed = new AbortController();
    this.#armed = armed;
    void this.#keepAfter(delayMs, armed.signal);
  }

  async #keepAfter(delayMs: number, signal: AbortSignal): Promise<void> {
    await this.#parts.world.clock.sleep(delayMs, signal);
    if (!signal.aborted) await this.keep();
  }

  #disarm(): void {
    this.#armed?.abort();
    this.#armed = undefined;
  }

  #log(event: string, reason: string): void {
    const { world, actor, model } = this.#parts;
    const facts = { actor: actor.instanceName, component: model.name, reason };
    world.log.write("error", event, facts);
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** A name as databases may have it: what is neither a letter nor a digit as its code between hyphens. */
function letters(name: string): string {
  return name.replace(/[^A-Za-z0-9]/gu, (sign) => `-${(sign.codePointAt(0) ?? 0).toString(16)}-`);
}
