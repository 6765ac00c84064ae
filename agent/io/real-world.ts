import { join } from "node:path";
import type { Writable } from "node:stream";
import type { Activity } from "../core/activity.ts";
import type { Clock } from "../core/clock.ts";
import type { LogLevel } from "../core/log.ts";
import type { World } from "../core/world.ts";
import { BoardIdentity } from "./board-identity.ts";
import type { CurveKeys } from "./curve-keys.ts";
import { DiskFiles } from "./disk-files.ts";
import { DiskLogHistory } from "./disk-log-history.ts";
import { DiskTree } from "./disk-tree.ts";
import { FileAssets } from "./file-assets.ts";
import type { HttpRpcOptions } from "./http-rpc-options.ts";
import { KeptLog } from "./kept-log.ts";
import { LaterResources, LaterRpc, LaterStore } from "./later.ts";
import { LineLog } from "./line-log.ts";
import { NodeRandom } from "./node-random.ts";
import { ProgramSpawner, type ProgramSpawnerOptions } from "./program-spawner.ts";
import { SysfsNics } from "./sysfs-nics.ts";
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
  /** Where the board's tree of files is; default "tree" in the data folder. */
  readonly treeFolder?: string;
  readonly spawner: ProgramSpawnerOptions;
  readonly rpc?: HttpRpcOptions;
  /** See ZmqWireOptions; default: the wire is not secured. */
  readonly curve?: CurveKeys;
  /** Lines below it are not written; default "info". */
  readonly levelMin?: LogLevel;
  /** Default: the machine's. A SteppedClock for logical time. */
  readonly clock?: Clock;
  /** File of the board's key; default "board.key" in the data folder. null: a key that is kept nowhere. */
  readonly keyPath?: string | null;
  /** Default: nobody counts. A CountedActivity for logical time. */
  readonly activity?: Activity;
  /** Whether what is logged is kept in the data folder; default: no. */
  readonly keepsLogs?: boolean;
  /** Default: process.stderr. */
  readonly logStream?: Writable;
}

/** Where the lasting children of the process called `name` are kept in mind. */
export function lastingFolder(dataFolder: string, name: string): string {
  return join(dataFolder, "lasting", encodeURIComponent(name));
}

/** Where the sockets of the programs with this data folder are. */
export function controlFolder(dataFolder: string): string {
  return join(dataFolder, "run");
}

/** The real world of one process. */
export function makeWorld(options: RealWorldOptions): World {
  const { name, levelMin = "info", logStream = process.stderr } = options;
  const { keyPath = join(options.dataFolder, "board.key") } = options;
  const systemClock = new SystemClock();
  const clock = options.clock ?? systemClock;
  const { activity = NO_ACTIVITY } = options;
  const lines = new LineLog({ name, stream: logStream, levelMin, clock });
  const folder = join(options.dataFolder, "logs");
  const log =
    options.keepsLogs === true ? new KeptLog({ name, folder, clock, beside: lines }) : lines;
  const lasting = { folder: lastingFolder(options.dataFolder, name) };
  return {
    ...{ clock, log, oscillator: systemClock },
    identity: new BoardIdentity(keyPath ?? undefined),
    random: new NodeRandom(),
    lan: new UdpLan(options.broadcastHost, options.host),
    nics: new SysfsNics(),
    wire: new ZmqWire({
      host: options.host,
      activity,
      ...(options.curve === undefined ? {} : { curve: options.curve }),
    }),
    store: new LaterStore(options.dataFolder),
    spawner: new ProgramSpawner({ lasting, ...options.spawner }, log),
    history: new DiskLogHistory(options.dataFolder),
    files: new DiskFiles(join(options.dataFolder, "recordings")),
    tree: new DiskTree(options.treeFolder ?? join(options.dataFolder, "tree")),
    rpc: new LaterRpc({ socketFolder: controlFolder(options.dataFolder), ...options.rpc }),
    assets: new FileAssets(options.assetsFolder),
    resources: new LaterResources(options.dataFolder),
    activity,
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
