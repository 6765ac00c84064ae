import type { Database, Store } from "../core/store.ts";
import type { Trust } from "../membership/trust-rule.ts";

const TABLE = "boards";

/** Keys of boards that are trusted on first use, and outlive the agent. */
export interface TrustedKeys extends AsyncDisposable {
  readonly trust: Extract<Trust, { readonly kind: "open" }>;
  /** Makes durable what has been added since. */
  save(): void;
}

/**
 * Opens the keys that the agent of `board` has trusted so far. Whoever came first under a name has it for
 * good: also after a restart nobody else is believed under it.
 */
export async function openTrustedKeys(store: Store, board: string): Promise<TrustedKeys> {
  const database: Database = await store.open(`trust-${hexName(board)}`);
  const text = new TextDecoder();
  const bytes = new TextEncoder();
  const kept = database.scan(TABLE, {}).map(([name, key]) => [text.decode(name), text.decode(key)]);
  const keyOf = new Map(kept as [string, string][]);
  let savedCount = keyOf.size;
  return {
    trust: { kind: "open", keyOf },
    save() {
      // Nothing is ever taken out, and a Map keeps its order: what is new is at the end.
      const added = [...keyOf].slice(savedCount);
      if (added.length === 0) return;
      database.transact((writer) => {
        for (const [name, key] of added) writer.put(TABLE, bytes.encode(name), bytes.encode(key));
      });
      savedCount = keyOf.size;
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** Names of databases take letters, digits and hyphens. */
function hexName(board: string): string {
  return Array.from(new TextEncoder().encode(board), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
