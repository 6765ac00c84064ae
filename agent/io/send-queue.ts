import type { Parts } from "./link.ts";

/** Messages that wait for their turn to leave, with their count and bytes. */
export class SendQueue {
  bytes = 0;
  #messages: Parts[] = [];
  /** Messages before this one have left. */
  #start = 0;

  get count(): number {
    return this.#messages.length - this.#start;
  }

  push(parts: Parts): void {
    this.#messages.push(parts);
    this.bytes += partsBytes(parts);
  }

  peek(): Parts | undefined {
    return this.#messages[this.#start];
  }

  shift(): Parts | undefined {
    const parts = this.#messages[this.#start];
    if (parts === undefined) return undefined;
    this.#start += 1;
    this.bytes -= partsBytes(parts);
    // Shortening an array costs its length: only when at least half of it is spent.
    if (this.#start * 2 >= this.#messages.length) {
      this.#messages.splice(0, this.#start);
      this.#start = 0;
    }
    return parts;
  }

  clear(): void {
    this.#messages = [];
    this.#start = 0;
    this.bytes = 0;
  }
}

/** Bytes of all parts together. */
export function partsBytes(parts: Parts): number {
  let bytes = 0;
  for (const part of parts) bytes += part.byteLength;
  return bytes;
}
