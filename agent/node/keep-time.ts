import type { Switchboard } from "../core/switchboard.ts";
import type { World } from "../core/world.ts";
import { TIME_TAG, TimeManager, type TimeOptions, type TimePeer } from "../time/time-manager.ts";

/** How long actors wait for the time of the cluster by default, in ms. */
const SETTING_MS_MAX = 8_000;

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
  /** Resolves when the clock is set, or actors need not wait any longer. */
  readonly ready: Promise<void>;
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
  const line = switchboard.open(TIME_TAG, (datagram) => manager.take(datagram));
  const send = (to: string, payload: Uint8Array): void => line.send(to, payload);
  const manager: TimeManager = new TimeManager({ ...world, send }, { ...options, boardId });
  const { settingMsMax = SETTING_MS_MAX } = options;
  const running = manager.run(signal).finally(() => line.close());
  const waited = new AbortController();
  const ready = Promise.race([
    manager.untilSet(waited.signal),
    world.clock.sleep(settingMsMax, AbortSignal.any([signal, waited.signal])),
  ]).finally(() => waited.abort());
  return { manager, setPeers: (peers) => manager.setPeers(peers), ready, running };
}
