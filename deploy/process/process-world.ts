import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LogLevel } from "../../agent/core/log.ts";
import type { Channel } from "../../agent/core/spawner.ts";
import type { World } from "../../agent/core/world.ts";
import { ChildSpawner } from "../../agent/io/child-spawner.ts";
import { CountedActivity } from "../../agent/io/counted-activity.ts";
import { lastingFolder, makeWorld } from "../../agent/io/real-world.ts";
import { SteppedClock } from "../../agent/io/stepped-clock.ts";
import { TimeTree } from "../../agent/logical-time/time-tree.ts";
import { LineTree } from "../../agent/time/line-tree.ts";

/** What all processes of one launch have in common; plain data that every child hands on. */
export interface ProcessWorldOptions {
  /** Address of this machine on its LAN, and the LAN's broadcast address. */
  readonly host: string;
  readonly broadcastHost: string;
  /** Each board keeps its databases in a folder of its own below this one. */
  readonly dataFolder: string;
  readonly assetsFolder: string;
  readonly levelMin: LogLevel;
  /** Whether what is logged is kept in the data folder; default: no. */
  readonly keepsLogs?: boolean;
  /** Where cluster time stands; undefined: it is the machine's. */
  readonly logicalUtcUs: number | undefined;
}

/** The world of one process, and the time that it takes from its parent and gives its children. */
export interface ProcessWorld {
  readonly world: World;
  /** Undefined when cluster time is the machine's, or follows a line of the board's agent. */
  readonly time: { readonly tree: TimeTree; readonly clock: SteppedClock } | undefined;
  /** Undefined under logical time. */
  readonly lines: LineTree | undefined;
}

/** Most listeners of one AbortSignal before Node warns of a leak. */
export const SIGNAL_LISTENERS_MAX = 10_000;

const CHILD_MODULE = new URL("./child.js", import.meta.url);
const THREAD_MODULE = new URL("./thread.js", import.meta.url);

/** Small heaps: an actor handles short messages, and a board runs many. */
export const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=1", "--enable-source-maps"];

/** Small young heaps for threads too: V8 options of the process are not theirs. */
export const THREAD_HEAP = { maxYoungGenerationSizeMb: 2 } as const;

/**
 * Makes the world of the process called `name`, such as "feeder1" or "feeder1/prosumer101": the part
 * before the slash is the board, whose folder holds its databases. With `errorLine` all that its
 * children write to standard error, their logs among it, goes there line by line.
 */
export function processWorld(
  name: string,
  options: ProcessWorldOptions,
  errorLine?: (line: string) => void,
): ProcessWorld {
  const { host, broadcastHost, dataFolder, assetsFolder, levelMin, logicalUtcUs } = options;
  const [board = name] = name.split("/");
  const boardFolder = join(dataFolder, board);
  const clock = logicalUtcUs === undefined ? undefined : new SteppedClock(logicalUtcUs);
  const handedOn = {
    ...options,
    // Read when a child starts: one that is started again must not wake up in the past.
    get logicalUtcUs() {
      return clock?.utcUs();
    },
  };
  const base = {
    ...{ name, host, broadcastHost, assetsFolder, levelMin },
    keepsLogs: options.keepsLogs ?? false,
    treeFolder: join(boardFolder, "tree"),
    dataFolder: name === board ? boardFolder : ownFolder(boardFolder),
    spawner: {
      folderOf: (userId: number) => userFolder(boardFolder, userId),
      ...{ mainModule: CHILD_MODULE, nodeFlags: NODE_FLAGS },
      ...{ threadModule: THREAD_MODULE, heap: THREAD_HEAP },
      world: handedOn,
      ...(errorLine === undefined ? {} : { errorLine }),
    },
  };
  if (clock === undefined) {
    const own = makeWorld(base);
    const lines = new LineTree(own.oscillator);
    const world = { ...own, oscillator: lines, spawner: lines.spawner(own.spawner) };
    return { world, time: undefined, lines };
  }
  const activity = new CountedActivity(() => tree.changed());
  const tree = new TimeTree({ clock, activity, settle: turn });
  const world = makeWorld({ ...base, clock, activity });
  return {
    world: { ...world, spawner: tree.spawner(world.spawner) },
    time: { tree, clock },
    lines: undefined,
  };
}

/** Where programs of another user keep their databases: the agent's are not theirs. */
function userFolder(boardFolder: string, userId: number): string {
  return join(boardFolder, `as-${userId}`);
}

/** The folder of an actor's process: its user's, if it runs as somebody to whom the agent gave one. */
function ownFolder(boardFolder: string): string {
  const given = userFolder(boardFolder, process.getuid?.() ?? 0);
  return existsSync(given) ? given : boardFolder;
}

/**
 * Stops the actors that agents of `board` have left running; resolves when they are gone.
 * @throws AgentError SPAWNER_IN_USE while an agent of this board is there.
 */
export async function endSurvivors(board: string, dataFolder: string): Promise<void> {
  const folder = lastingFolder(join(dataFolder, board), board);
  if (!existsSync(folder)) return;
  await using spawner = new ChildSpawner({ mainModule: CHILD_MODULE, lasting: { folder } });
  const survivors = await spawner.survivors();
  for (const { child } of survivors) child.stop();
  await Promise.all(survivors.map(({ child }) => child.exited));
}

/** The channel of a program without the messages of time. */
export function programChannel({ time, lines }: ProcessWorld, parent: Channel): Channel {
  return time?.tree.channel(parent) ?? lines?.channel(parent) ?? parent;
}

/** A turn of the event loop: everything that was ready has run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
