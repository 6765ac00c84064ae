// What the contract suites of all bodies share: a way to run a piece of program in a world.
import assert from "node:assert/strict";
import type { Clock } from "./clock.ts";
import type { WireClient } from "./wire.ts";
import type { World } from "./world.ts";

/** Runs `body` as a program in a fresh world and closes that world; rejects when `body` does. */
export type RunIn<Part extends keyof World> = (
  body: (world: Pick<World, Part>) => Promise<void>,
) => Promise<void>;

/** Hands over what a callback got to someone who awaits it, in order. */
export class Inbox<T> {
  readonly #items: T[] = [];
  #wake: (() => void) | undefined;

  readonly push = (item: T): void => {
    this.#items.push(item);
    this.#wake?.();
  };

  get waiting(): number {
    return this.#items.length;
  }

  async next(): Promise<T> {
    while (this.#items.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#items.shift() as T;
  }

  async take(count: number): Promise<T[]> {
    const taken: T[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }
}

export const never: AbortSignal = new AbortController().signal;

/** Waits until `holds`; fails after ten seconds of the world's own time. */
export async function eventually(clock: Clock, holds: () => boolean): Promise<void> {
  const untilMs = clock.monotonicMs() + 10_000;
  while (!holds()) {
    assert(clock.monotonicMs() < untilMs, `never came true: ${holds.toString()}`);
    await clock.sleep(2, never);
  }
}

export function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function fromUtf8(frame: Uint8Array | undefined): string | undefined {
  return frame && new TextDecoder().decode(frame);
}

/** Asks, and resolves with the bytes of the reply; undefined when there was none. */
export async function asked(
  client: WireClient,
  frame: Uint8Array,
  timeoutMs: number,
): Promise<Uint8Array | undefined> {
  const answer = await client.request(frame, timeoutMs);
  return answer.kind === "reply" ? answer.frame : undefined;
}
