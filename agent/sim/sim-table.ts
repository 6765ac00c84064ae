import type { Entry, ScanRange } from "../core/store.ts";

/** One table: keys as text with one character per byte, whose order is the order of bytes. */
export class SimTable {
  readonly #values = new Map<string, Uint8Array>();
  readonly #keys: string[] = [];

  /** Of all keys and values. */
  get byteCount(): number {
    return this.#keys.reduce(
      (sum, key) => sum + key.length + (this.#values.get(key)?.byteLength ?? 0),
      0,
    );
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key)?.slice();
  }

  /** Puts, or deletes when `value` is undefined. */
  set(key: string, value: Uint8Array | undefined): void {
    const known = this.#values.has(key);
    if (value === undefined) {
      if (!known) return;
      this.#values.delete(key);
      this.#keys.splice(this.#placeOf(key), 1);
      return;
    }
    this.#values.set(key, value);
    if (!known) this.#keys.splice(this.#placeOf(key), 0, key);
  }

  scan({ from, to, countMax, reverse }: ScanRange): readonly Entry[] {
    const start = from === undefined ? 0 : this.#placeOf(textOf(from));
    const end = to === undefined ? this.#keys.length : this.#placeOf(textOf(to));
    const count = Math.max(0, Math.min(end - start, countMax ?? Number.POSITIVE_INFINITY));
    const keys =
      reverse === true
        ? this.#keys.slice(end - count, end).reverse()
        : this.#keys.slice(start, start + count);
    return keys.map((key) => [bytesOf(key), this.get(key) ?? new Uint8Array()]);
  }

  /** How many keys are before `key`. */
  #placeOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** One character per byte. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The bytes of such a text. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
