import { spawnSync } from "node:child_process";
import { accessSync, constants, readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { dirname } from "node:path";
import type { BoardFacts } from "./board-facts.ts";

const COMMAND_MS_MAX = 3_000;
/** Where commands of administrators are; a user's path often lacks it. */
const PATH_MORE = "/usr/sbin:/sbin";
const TEXT_BYTES_MAX = 1024 * 1024;

/** What differs from one examination to the next. */
export interface FactsOptions {
  readonly dataFolder: string;
  readonly beaconUdpPort: number;
  readonly otherBoards?: readonly string[];
}

/** The facts of this machine. `ports` are those found free or taken before; see freePorts. */
export function realFacts(
  { dataFolder, beaconUdpPort, otherBoards }: FactsOptions,
  ports: ReadonlyMap<string, boolean>,
): BoardFacts {
  const path = `${process.env["PATH"] ?? ""}:${PATH_MORE}`;
  return {
    text: (name) => unlessMissing(() => readFileSync(name, "utf8").slice(0, TEXT_BYTES_MAX)),
    names: (name) => unlessMissing(() => readdirSync(name)),
    stat: (name) => unlessMissing(() => statSync(name)),
    may: (name, what) =>
      unlessMissing(() => {
        accessSync(name, what === "read" ? constants.R_OK : constants.W_OK);
        return true;
      }) ?? false,
    run(command, ...words) {
      const { status, stdout, error } = spawnSync(command, words, {
        ...{ encoding: "utf8", timeout: COMMAND_MS_MAX, stdio: ["ignore", "pipe", "ignore"] },
        env: { ...process.env, PATH: path, LC_ALL: "C" },
      });
      return error !== undefined || status === null ? undefined : { status, out: stdout };
    },
    space: (name) =>
      unlessMissing(() => {
        const { bavail, bsize, blocks, ffree, files } = statfsSync(firstThere(name));
        // Some file systems (btrfs) count no inodes: they do not run out.
        const freeInodes = files === 0 ? Number.MAX_SAFE_INTEGER : ffree;
        return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize, freeInodes };
      }),
    portIsFree: (kind, port) => ports.get(`${kind} ${port}`),
    node: {
      ...{ version: process.version, arch: process.arch, platform: process.platform },
      ...{ uid: process.getuid?.() ?? 0, gids: process.getgroups?.() ?? [] },
    },
    hostname: hostname(),
    nowUtcMs: Date.now(),
    interfaces: Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
      all.map(({ address, family, netmask, internal }) => ({
        ...{ name, address, family, netmask, isInternal: internal },
      })),
    ),
    ...{ dataFolder, beaconUdpPort, otherBoards },
  };
}

/** The folder itself, or the first above it that is there. */
function firstThere(path: string): string {
  const isThere = unlessMissing(() => statSync(path)) !== undefined;
  return isThere || dirname(path) === path ? path : firstThere(dirname(path));
}

/** What cannot be read on this system is a fact, and no failure of the doctor. */
function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
