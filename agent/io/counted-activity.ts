import type { Activity } from "../core/activity.ts";

/** Counts what a program still has to do; `onChange` is called at once after every change. */
export class CountedActivity implements Activity {
  busyCount = 0;
  sentCount = 0;
  receivedCount = 0;
  /** The furthest position reached, by stream. */
  readonly positions = new Map<string, number>();
  readonly #onChange: () => void;

  constructor(onChange: () => void = () => undefined) {
    this.#onChange = onChange;
  }

  begin(): void {
    this.busyCount += 1;
    this.#onChange();
  }

  end(): void {
    this.busyCount -= 1;
    this.#onChange();
  }

  sent(copyCount: number): void {
    this.sentCount += copyCount;
    this.#onChange();
  }

  received(copyCount: number): void {
    this.receivedCount += copyCount;
    this.#onChange();
  }

  reached(stream: string, position: number): void {
    this.positions.set(stream, position);
    this.#onChange();
  }
}
