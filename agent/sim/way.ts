import type { NetworkOptions } from "./link-options.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Headers of Ethernet, IPv4 and UDP, with the gap between frames. */
const PACKET_OVERHEAD_BYTES = 66;
/** What a router adds, in µs. */
const HOP_DELAY_US = 100;

/**
 * One direction between two hosts: its chance, a stream of its own, so that new hosts change nothing for
 * others; and what waits for it. Draws nothing for what is not asked for. No logarithms or powers, whose
 * last bits differ between machines: a square root is exact (IEEE 754).
 */
export class Way {
  options: Required<NetworkOptions>;
  /** To which state of all options `options` belongs. */
  version = 0;
  readonly #random: SeededRandom;
  #isInBurst = false;
  #busyUntilUs = 0;

  constructor(random: SeededRandom, options: Required<NetworkOptions>) {
    this.#random = random;
    this.options = options;
  }

  /** The next draw, 0 to 1. */
  share(): number {
    return this.#random.next();
  }

  /** How long one message takes, in µs. */
  delayUs(hopCount: number): number {
    const { delayUsMin, delayUsMax, tailRate, tailUsMax } = this.options;
    const random = this.#random;
    const share = random.next();
    let delayUs = delayUsMin + share * (delayUsMax - delayUsMin);
    if (tailRate > 0 && random.next() < tailRate)
      delayUs = Math.min(tailUsMax, delayUsMax / Math.sqrt(1 - random.next()));
    return Math.round(delayUs) + hopCount * HOP_DELAY_US;
  }

  /** How many copies of one datagram arrive. */
  copyCount(): number {
    const { lossRate, burstStartRate, burstEndRate, burstLossRate, duplicateRate } = this.options;
    const random = this.#random;
    if (random.next() < lossRate) return 0;
    if (burstStartRate === 0) this.#isInBurst = false;
    else {
      this.#isInBurst = random.next() < (this.#isInBurst ? 1 - burstEndRate : burstStartRate);
      if (this.#isInBurst && random.next() < burstLossRate) return 0;
    }
    return random.next() < duplicateRate ? 2 : 1;
  }

  /** The way that one copy of a datagram takes, in µs. */
  datagramDelayUs(hopCount: number): number {
    const { reorderRate, delayUsMax } = this.options;
    const random = this.#random;
    const detourUs = random.next() < reorderRate ? random.next() * 20 * delayUsMax : 0;
    return this.delayUs(hopCount) + Math.round(detourUs);
  }

  /** How long a message waits for a slow link and is sent by it, in µs; undefined: there is no room. */
  queueUs(nowUs: number, byteCount: number, isLossless: boolean): number | undefined {
    const { bytesPerSecond, queueBytesMax } = this.options;
    if (bytesPerSecond === Number.POSITIVE_INFINITY) return 0;
    const startUs = Math.max(nowUs, this.#busyUntilUs);
    const waitingBytes = ((startUs - nowUs) * bytesPerSecond) / 1e6;
    if (!isLossless && waitingBytes > queueBytesMax) return undefined;
    const sendingUs = ((byteCount + PACKET_OVERHEAD_BYTES) * 1e6) / bytesPerSecond;
    this.#busyUntilUs = startUs + Math.ceil(sendingUs);
    return this.#busyUntilUs - nowUs;
  }
}
