import { DAY_START_S, type Kill } from "./day-options.ts";

/** Which programs are to be killed when; each once. */
export class KillSchedule {
  #kills: readonly Kill[];

  constructor(kills: readonly Kill[]) {
    this.#kills = [...kills].sort((a, b) => a.atMinute - b.atMinute);
  }

  /** When the next kill is due, in µs since 1970; undefined when none is left. */
  get nextUtcUs(): number | undefined {
    const [next] = this.#kills;
    return next === undefined ? undefined : utcUsOf(next);
  }

  /** Takes out the programs whose time has come by `utcUs`. */
  due(utcUs: number): readonly string[] {
    const due = this.#kills.filter((kill) => utcUsOf(kill) <= utcUs);
    this.#kills = this.#kills.slice(due.length);
    return due.map(({ program }) => program);
  }
}

function utcUsOf({ atMinute }: Kill): number {
  return (DAY_START_S + atMinute * 60) * 1_000_000;
}
