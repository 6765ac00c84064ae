import type { Id } from "./ids.ts";

/** A value that counts. */
export interface DhtValue {
  readonly value: string;
  /** The id of the board that has signed it: see idOfPublicKey. */
  readonly ownerId: Id;
}

/** Is told all values of its key, in a fixed order; must not throw. */
export type DhtListener = (values: readonly DhtValue[]) => void;

interface OfKey {
  readonly listeners: Set<DhtListener>;
  told: string;
}

/** Who on this board wants to know which key. Invariant: each is told only when something changes. */
export class LocalListeners {
  readonly #keys = new Map<Id, OfKey>();

  /** Adds a listener and tells it `values`. */
  add(key: Id, listener: DhtListener, values: readonly DhtValue[]): void {
    const ofKey = this.#keys.get(key) ?? { listeners: new Set(), told: textOf(values) };
    this.#keys.set(key, ofKey);
    ofKey.listeners.add(listener);
    listener(values);
  }

  /** True when it was the last one of its key. */
  remove(key: Id, listener: DhtListener): boolean {
    const ofKey = this.#keys.get(key);
    if (!ofKey?.listeners.delete(listener)) return false;
    if (ofKey.listeners.size > 0) return false;
    return this.#keys.delete(key);
  }

  has(key: Id): boolean {
    return this.#keys.has(key);
  }

  get keys(): Iterable<Id> {
    return this.#keys.keys();
  }

  /** These are the values of `key` now. */
  tell(key: Id, values: readonly DhtValue[]): void {
    const ofKey = this.#keys.get(key);
    const text = textOf(values);
    if (ofKey === undefined || ofKey.told === text) return;
    ofKey.told = text;
    for (const listener of [...ofKey.listeners]) listener(values);
  }
}

function textOf(values: readonly DhtValue[]): string {
  return JSON.stringify(values.map(({ value, ownerId }) => [ownerId, value]));
}
