/** How the simulated network treats what it carries: everywhere, or from some hosts to others. */
export interface NetworkOptions {
  /** Shortest and longest way, in µs, all between them equally likely; defaults 200 and 1000. */
  readonly delayUsMin?: number;
  readonly delayUsMax?: number;
  /** Share of messages with a heavy tail (Pareto of shape 2 from `delayUsMax`), 0 to 1; default 0. */
  readonly tailRate?: number;
  /** The tail is cut off here, in µs; default 2 s. */
  readonly tailUsMax?: number;
  /** Share of datagrams that are lost, 0 to 1; default 0. Connections lose nothing. */
  readonly lossRate?: number;
  /**
   * Losses in bursts: the shares of datagrams with which a burst begins and ends, and of those lost within
   * it; defaults 0, 0.1 and 1. Source: Gilbert, 1960; Elliott, 1963.
   */
  readonly burstStartRate?: number;
  readonly burstEndRate?: number;
  readonly burstLossRate?: number;
  /** Share of datagrams that arrive twice; default 0. */
  readonly duplicateRate?: number;
  /** Share of datagrams that take up to twenty times the longest way; default 0. */
  readonly reorderRate?: number;
  /** What a direction carries, in bytes per second; default: any amount at once. */
  readonly bytesPerSecond?: number;
  /** Datagrams that find more bytes waiting for a slow link are lost; default 64 KiB. */
  readonly queueBytesMax?: number;
}

/** What holds for a direction when nobody says otherwise. */
export const DEFAULT_LINK: Required<NetworkOptions> = {
  delayUsMin: 200,
  delayUsMax: 1000,
  tailRate: 0,
  tailUsMax: 2_000_000,
  lossRate: 0,
  burstStartRate: 0,
  burstEndRate: 0.1,
  burstLossRate: 1,
  duplicateRate: 0,
  reorderRate: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  queueBytesMax: 65_536,
};
