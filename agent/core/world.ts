import type { Activity } from "./activity.ts";
import type { Assets } from "./assets.ts";
import type { Clock, Oscillator } from "./clock.ts";
import type { Files } from "./files.ts";
import type { Identity } from "./identity.ts";
import type { Lan } from "./lan.ts";
import type { Log } from "./log.ts";
import type { LogHistory } from "./log-history.ts";
import type { Nics } from "./nics.ts";
import type { Random } from "./random.ts";
import type { Resources } from "./resources.ts";
import type { Rpc } from "./rpc.ts";
import type { Spawner } from "./spawner.ts";
import type { Store } from "./store.ts";
import type { Tree } from "./tree.ts";
import type { Wire } from "./wire.ts";

/** All that a program may touch. Built once per process: by agent/io on a board, by agent/sim in a test. */
export interface World {
  readonly clock: Clock;
  readonly oscillator: Oscillator;
  readonly identity: Identity;
  readonly random: Random;
  readonly lan: Lan;
  readonly nics: Nics;
  readonly wire: Wire;
  readonly store: Store;
  readonly files: Files;
  readonly tree: Tree;
  readonly spawner: Spawner;
  readonly rpc: Rpc;
  readonly assets: Assets;
  readonly resources: Resources;
  readonly log: Log;
  readonly history: LogHistory;
  readonly activity: Activity;
}
