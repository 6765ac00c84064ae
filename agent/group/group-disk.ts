import type { Database, Store } from "../core/store.ts";
import { pack, unpack } from "./group-frame.ts";
import type { Base, Change, Durable, Entry, Meta, PollRecord } from "./group-types.ts";
import { EMPTY_BASE } from "./log.ts";

const META = new TextEncoder().encode("meta");
const BASE = new TextEncoder().encode("base");
const TOLD = new TextEncoder().encode("told");

/** An action that was agreed upon. */
export interface ActionNote {
  readonly poll: PollRecord;
  readonly isDone: boolean;
}

/**
 * One membership's part of the board's disk: what its rules keep, and what its component was told.
 * Each change is one transaction; an idle group writes nothing.
 */
export class GroupDisk implements AsyncDisposable {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** @throws AgentError STORE_IN_USE when a member of this name runs on this board already. */
  static async open(store: Store, membership: string): Promise<GroupDisk> {
    // Names of databases have few letters: two hashes that do not fall together.
    const name = `group-${fnv1a(membership)}${fnv1a(`${membership}.`)}`;
    return new GroupDisk(await store.open(name));
  }

  /** What earlier lives kept; undefined: nothing. */
  read(): Durable | undefined {
    const meta = this.#get(META) as Meta | undefined;
    if (meta === undefined) return undefined;
    const base = (this.#get(BASE) as Base | undefined) ?? EMPTY_BASE;
    const rows = this.#database.scan("log", { from: keyOf(base.index + 1) });
    return { meta, base, entries: rows.map(([, bytes]) => unpack(bytes) as Entry) };
  }

  write({ meta, base, truncatedFrom, appended }: Change): void {
    const stale =
      truncatedFrom === undefined
        ? []
        : this.#database.scan("log", { from: keyOf(truncatedFrom) }).map(([key]) => key);
    const covered =
      base === undefined
        ? []
        : this.#database.scan("log", { to: keyOf(base.index + 1) }).map(([key]) => key);
    this.#database.transact((writer) => {
      if (meta !== undefined) writer.put("state", META, pack(meta));
      if (base !== undefined) writer.put("state", BASE, pack(base));
      for (const key of [...stale, ...covered]) writer.delete("log", key);
      for (const entry of appended)
        if (base === undefined || entry.index > base.index)
          writer.put("log", keyOf(entry.index), pack(entry));
    });
  }

  /** Up to this entry the component has been told what was decided. */
  get toldIndex(): number {
    return (this.#get(TOLD) as number | undefined) ?? 0;
  }

  setTold(index: number): void {
    if (index > this.toldIndex)
      this.#database.transact((writer) => writer.put("state", TOLD, pack(index)));
  }

  /** What is known of an action here: its vote, and whether it was taken. */
  action(pollId: string): ActionNote | undefined {
    const bytes = this.#database.get("actions", new TextEncoder().encode(pollId));
    return bytes === undefined ? undefined : (unpack(bytes) as ActionNote);
  }

  /** All actions that are noted. */
  get actions(): readonly ActionNote[] {
    return this.#database.scan("actions", {}).map(([, bytes]) => unpack(bytes) as ActionNote);
  }

  /** Notes an action; forgets those of before `keptFromUtcUs` that were taken. */
  noteAction(note: ActionNote, keptFromUtcUs: number): void {
    const keyOfPoll = (pollId: string): Uint8Array => new TextEncoder().encode(pollId);
    const old = this.actions.filter(
      ({ poll, isDone }) => isDone && (poll.atUtcUs ?? 0) < keptFromUtcUs,
    );
    this.#database.transact((writer) => {
      for (const { poll } of old) writer.delete("actions", keyOfPoll(poll.pollId));
      writer.put("actions", keyOfPoll(note.poll.pollId), pack(note));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database[Symbol.asyncDispose]();
  }

  #get(key: Uint8Array): unknown {
    const bytes = this.#database.get("state", key);
    return bytes === undefined ? undefined : unpack(bytes);
  }
}

/** Eight bytes, so that the order of keys is the order of entries. */
function keyOf(index: number): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, BigInt(index));
  return key;
}

/** FNV-1a, 32 bits. Source: RFC 9923. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text))
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
