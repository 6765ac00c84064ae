import type { ClockLine, Oscillator } from "../core/clock.ts";
import { utcUsOn } from "../core/clock-line.ts";
import type { Timeline } from "./timeline.ts";

/** The clocks of one host, which all of its programs read. */
export class HostTime implements Oscillator {
  /** What cluster time follows; undefined: the system's clock. */
  line: ClockLine | undefined;
  readonly #timeline: Timeline;
  #lastUtcUs = Number.NEGATIVE_INFINITY;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  monotonicUs(): number {
    return this.#timeline.nowUs - this.#timeline.startUtcUs;
  }

  systemUtcUs(): number {
    return this.#timeline.nowUs;
  }

  steer(line: ClockLine): void {
    this.utcUs();
    this.line = line;
  }

  /** Cluster time; on a line it never goes back. */
  utcUs(): number {
    const utcUs =
      this.line === undefined
        ? this.systemUtcUs()
        : Math.max(this.#lastUtcUs, Math.round(utcUsOn(this.line, this.monotonicUs())));
    this.#lastUtcUs = utcUs;
    return utcUs;
  }
}
