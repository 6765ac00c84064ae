import { join } from "node:path";
import type { Writable } from "node:stream";
import type { Activity } from "../core/activity.ts";
import type { Clock } from "../core/clock.ts";
import type { LogLevel } from "../core/log.ts";
import type { World } from "../core/world.ts";
import { ChildSpawner, type ChildSpawnerOptions } from "./child-spawner.ts";
import { DiskFiles } from "./disk-files.ts";
import { FileAssets } from "./file-assets.ts";
import type { HttpRpcOptions } from "./http-rpc-options.ts";
import { LaterRpc, LaterStore } from "./later.ts";
import { LineLog } from "./line-log.ts";
import { NodeRandom } from "./node-random.ts";
import { SystemClock } from "./system-clock.ts";
import { UdpLan } from "./udp-lan.ts";
import { ZmqWire } from "./zmq-wire.ts";

/** What a process on a board is given. */
export interface RealWorldOptions {
  /** For the log, such as "feeder1/prosumer101". */
  readonly name: string;
  /** Address of this board on its LAN; 127.0.0.1 for one machine. */
  readonly host: string;
  /** Broadcast address of that LAN; 127.255.255.255 for one machine. */
  readonly broadcastHost: string;
  /** Where databases are kept. */
  readonly dataFolder: string;
  /** Where the application's files are. */
  readonly assetsFolder: string;
  readonly spawner: ChildSpawnerOptions;
  readonly rpc?: HttpRpcOptions;
  /** Lines below it are not written; default "info". */
  readonly levelMin?: LogLevel;
  /** Default: the machine's. A SteppedClock for logical time. */
  readonly clock?: Clock;
  /** Default: nobody counts. A CountedActivity for logical time. */
  readonly activity?: Activity;
  /** Default: process.stderr. */
  readonly logStream?: Writable;
}

/** The real world of one process. */
export function makeWorld(options: RealWorldOptions): World {
  const { name, levelMin = "info", logStream = process.stderr } = options;
  const clock = options.clock ?? new SystemClock();
  return {
    clock,
    random: new NodeRandom(),
    lan: new UdpLan(options.broadcastHost),
    wire: new ZmqWire({ host: options.host }),
    store: new LaterStore(options.dataFolder),
    files: new DiskFiles(join(options.dataFolder, "recordings")),
    spawner: new ChildSpawner(options.spawner),
    rpc: new LaterRpc(options.rpc),
    assets: new FileAssets(options.assetsFolder),
    log: new LineLog({ name, stream: logStream, levelMin, clock }),
    activity: options.activity ?? NO_ACTIVITY,
  };
}

const nothing = (): void => undefined;
const NO_ACTIVITY: Activity = {
  begin: nothing,
  end: nothing,
  sent: nothing,
  received: nothing,
  reached: nothing,
};
