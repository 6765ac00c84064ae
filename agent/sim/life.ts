import type { Exit } from "../core/spawner.ts";

/** What the transcript says of an event. */
export interface EventLabel {
  /** What happens, such as "frame". */
  readonly kind: string;
  readonly from?: string;
  readonly to?: string;
  readonly payload?: Uint8Array;
}

/** Something that will happen. */
export interface SimEvent {
  /** Virtual time, in µs since 1970. */
  timeUs: number;
  /** Orders what happens at one instant: in the order in which it was planned. */
  sequence: number;
  /** Whom it happens to; passed over when dead. */
  readonly life: Life | undefined;
  readonly label: EventLabel;
  readonly action: () => void;
  /** It will not happen: taken back, or past. */
  cancelled: boolean;
  /** Out of the queue, until its program is resumed. */
  isHeld: boolean;
  /** A busy processor has given it its turn. */
  isSlotted: boolean;
}

/** Something that a program waits for on one of its host's clocks. */
export interface Timer {
  readonly life: Life;
  readonly clock: "monotonic" | "utc";
  /** On that clock. */
  readonly dueUs: number;
  /** Those due at one instant go in this order. */
  readonly number: number;
  readonly label: EventLabel;
  readonly wake: () => void;
  /** Its event: wakes, or waits on. */
  readonly fire: () => void;
  /** Undefined while its clock stands still. */
  event: SimEvent | undefined;
}

/** The processor that the programs of one host share. */
export interface HostCpu {
  /** What every event of the host takes, in µs; 0: nothing, however many there are. */
  eventCostUs: number;
  /** Events before this wait for their turn. */
  busyUntilUs: number;
}

/**
 * Whether a program still lives. What it opened registers here, and is gone with it; its events are
 * passed over from then on, so nothing it waits for ever comes.
 */
export class Life {
  /** Host and program, for the transcript. */
  readonly name: string;
  readonly cpu: HostCpu;
  /** How it ended; undefined while it lives. */
  exit: Exit | undefined;
  /** Nothing of it runs; what happens to it waits in `held`. */
  isPaused = false;
  held: SimEvent[] = [];
  heldDatagramCount = 0;
  /** What it sleeps for. */
  readonly timers = new Set<Timer>();
  readonly #closers = new Set<() => void>();
  readonly #onEnd: (exit: Exit) => void;

  constructor(
    name: string,
    onEnd: (exit: Exit) => void,
    cpu: HostCpu = { eventCostUs: 0, busyUntilUs: 0 },
  ) {
    this.name = name;
    this.cpu = cpu;
    this.#onEnd = onEnd;
  }

  get dead(): boolean {
    return this.exit !== undefined;
  }

  /** Calls `close` at the end; the returned function takes that back. */
  owns(close: () => void): () => void {
    this.#closers.add(close);
    return () => this.#closers.delete(close);
  }

  /** Ends it; the first end counts. */
  end(exit: Exit): void {
    if (this.dead) return;
    this.exit = exit;
    this.held = [];
    this.timers.clear();
    for (const close of [...this.#closers]) close();
    this.#closers.clear();
    this.#onEnd(exit);
  }

  /** Ends it for an error that it did not catch. */
  fail(error: unknown): void {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.end({ kind: "failed", reason });
  }
}
