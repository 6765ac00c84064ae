import type { Switchboard } from "../core/switchboard.ts";
import type { World } from "../core/world.ts";
import { TIME_TAG, TimeManager, type TimeOptions, type TimePeer } from "../time/time-manager.ts";

/** How long actors wait for the time of the cluster by default, in ms. */
const SETTING_MS_MAX = 8_000;
/** A board that has met no other by then is alone, in ms: nobody has a time that it could differ from. */
const ALONE_MS = 2_000;

/** Common time of a board, as its agent is told. */
export interface NodeTimeOptions extends Omit<TimeOptions, "boardId"> {
  /**
   * The board's clock is set before its actors start, unless that takes longer than this, in ms; 0: they do
   * not wait. Who starts later has no stamps from before that lie ahead. Default 8,000.
   */
  readonly settingMsMax?: number;
}

/** Common time while it is kept. */
export interface KeptTime {
  readonly manager: TimeManager;
  /** The other boards, whenever membership has changed. */
  readonly setPeers: (peers: readonly TimePeer[]) => void;
  /**
   * Resolves when the clock is set, when nobody else is there, or when actors need not wait any longer, and logs
   * which. Others have to be met meanwhile, so discovery has to run.
   */
  readonly untilReady: () => Promise<void>;
  /** Resolves when `signal` has aborted and all is closed. */
  readonly running: Promise<void>;
}

/** Keeps the time of the cluster on a line of the board's switchboard until `signal` aborts. */
export function keepTime(
  { world, switchboard }: { readonly world: World; readonly switchboard: Switchboard },
  boardId: string,
  options: NodeTimeOptions,
  signal: AbortSignal,
): KeptTime {
  const { clock, log } = world;
  const { settingMsMax = SETTING_MS_MAX } = options;
  const line = switchboard.open(TIME_TAG, (datagram) => manager.take(datagram));
  const send = (to: string, payload: Uint8Array): void => line.send(to, payload);
  const manager: TimeManager = new TimeManager({ ...world, send }, { ...options, boardId });
  const running = manager.run(signal).finally(() => line.close());
  let peerCount = 0;
  const setPeers = (peers: readonly TimePeer[]): void => {
    peerCount = peers.length;
    manager.setPeers(peers);
  };
  async function untilReady(): Promise<void> {
    const startMs = clock.monotonicMs();
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const set = manager.untilSet(until);
    const firstMs = Math.min(ALONE_MS, settingMsMax);
    await Promise.race([set, clock.sleep(firstMs, until)]);
    if (manager.quality === undefined && peerCount > 0)
      await Promise.race([set, clock.sleep(settingMsMax - firstMs, until)]);
    over.abort();
    if (signal.aborted) return;
    const facts = { waitedMs: Math.round(clock.monotonicMs() - startMs), peerCount };
    if (manager.quality !== undefined) log.write("info", "time-set", facts);
    else log.write(peerCount === 0 ? "info" : "warn", "time-not-set-yet", facts);
  }
  return { manager, setPeers, untilReady, running };
}
