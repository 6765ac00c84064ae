import type { Claim } from "./time-frame.ts";

const DAY_US = 86_400_000_000;
/** An announcement is not believed again for so long after the leap, in µs: some sources take it back late. */
const QUIET_US = DAY_US / 2;

/** An announcement stands when the leap is so near, in µs. */
const NEAR_US = 10_000_000;
/** So long ahead of it everybody is told that it may be there, in µs: longer than a line lasts. */
const WARNED_US = 3_000_000;

/** Notices when UTC may have leapt. Pure. Source: RFC 5905, section 7.3 (leap indicator). */
export class LeapRule {
  #dueUtcUs = Infinity;
  #leapSeconds: -1 | 0 | 1 = 0;
  #quietUntilUtcUs = -Infinity;

  /** What is still to come. */
  get pendingSeconds(): -1 | 0 | 1 {
    return this.#dueUtcUs === Infinity ? 0 : this.#leapSeconds;
  }

  /** The leap comes so soon that a line which is given now has to allow for it. */
  isClose({ utcUs, halfUs }: Claim): boolean {
    return this.#dueUtcUs - utcUs - halfUs < WARNED_US;
  }

  /** Whether the leap may be over, and those who still announce it speak of the time before it. */
  isOver({ utcUs, halfUs }: Claim): boolean {
    return utcUs + halfUs < this.#quietUntilUtcUs;
  }

  /** Seconds that UTC may have inserted, once, as soon as the end of the announced day may have been reached. */
  crossed({ utcUs, halfUs }: Claim, announced: -1 | 0 | 1): number {
    const latestUs = utcUs + halfUs;
    if (this.#dueUtcUs <= latestUs) {
      this.#dueUtcUs = Infinity;
      this.#quietUntilUtcUs = latestUs + QUIET_US;
      return this.#leapSeconds;
    }
    // Whoever has leapt already announces it no more: that takes nothing back.
    if (latestUs < this.#quietUntilUtcUs || this.#dueUtcUs - latestUs < NEAR_US) return 0;
    this.#leapSeconds = announced;
    // A second that is left out makes the day end earlier.
    const nextUs = (Math.floor((utcUs + halfUs) / DAY_US) + 1) * DAY_US;
    this.#dueUtcUs = announced === 0 ? Infinity : nextUs - (announced < 0 ? 1_000_000 : 0);
    return 0;
  }
}
