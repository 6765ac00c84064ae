/** So many of the dissertation's subscribers were notified within this range. */
export interface PaperRange {
  readonly hostCount: number;
  readonly subscriberCount: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Registered to notified on BeagleBone Black boards with RIAPS and OpenDHT, as the caption of figure 5.5 of the
 * dissertation words it: ranges and counts. Where in a range a point lies the text does not say.
 */
export const PAPER_RANGES: readonly PaperRange[] = [
  { hostCount: 5, subscriberCount: 4, fromMs: 1, toMs: 7 },
  { hostCount: 9, subscriberCount: 7, fromMs: 18, toMs: 32 },
  { hostCount: 9, subscriberCount: 1, fromMs: 2_032, toMs: 2_032 },
  { hostCount: 17, subscriberCount: 16, fromMs: 2, toMs: 23 },
  { hostCount: 32, subscriberCount: 12, fromMs: 27, toMs: 35 },
  { hostCount: 32, subscriberCount: 18, fromMs: 2_041, toMs: 2_056 },
  { hostCount: 32, subscriberCount: 1, fromMs: 2_276, toMs: 2_276 },
];

/** Notified to connected: "steps 3 and 4 take between 5 and 12 ms", of which the text does not say more. */
export const PAPER_CONNECTED_MS = { fromMs: 5, toMs: 12 } as const;

/**
 * The second experiment, figure 5.6: board 2 comes back at about 340 s. From its caption, but for
 * `otherWayMs`, which is read off its axis and words ("344.5 s").
 */
export const PAPER_REJOIN = {
  /** Board 2 registers its publisher, until board 1 is notified of it. */
  notifiedMs: 14,
  /** From then until board 1's component is told, and until it is connected. */
  toldMs: 4,
  connectedMs: 10,
  /** Until board 2 is notified of board 1's publisher. */
  otherWayMs: 4_000,
} as const;
