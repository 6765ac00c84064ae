import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Identity } from "../../agent/core/identity.ts";
import type { World } from "../../agent/core/world.ts";
import { BEACON_UDP_PORT } from "../../agent/discovery/discovery.ts";
import { BoardIdentity } from "../../agent/io/board-identity.ts";
import { makeWorld } from "../../agent/io/real-world.ts";
import type { FoundBoard } from "../fleet/board-client.ts";
import { findBoards } from "../fleet/find-boards.ts";
import { type Terminal, UsageError } from "./command.ts";
import { textOf, type Values, wholeOption } from "./words.ts";

const FIND_S = 5;
const string = { type: "string" } as const;

/** Options of every command that talks to boards. */
export const FLEET_OPTIONS = {
  ...{ key: string, boards: string, cluster: string, host: string, broadcast: string },
  ...{ "udp-port": string, wait: string },
} as const;

/** What their help says of these. */
export const FLEET_HELP = `  --key FILE            who you are: a key that the boards' trust file names; see hedgerow key
  --boards A,B          only these boards
  --cluster NAME        boards of this cluster; default "default"
  --host ADDRESS        this machine's address on their network; default 127.0.0.1
  --broadcast ADDRESS   that network's broadcast address; default 127.255.255.255
  --udp-port N          port of the beacons; default ${BEACON_UDP_PORT}
  --wait N              seconds to look for boards; default ${FIND_S}`;

/** The key pair of the person at this machine. @throws UsageError when there is none. */
export function keyOf(values: Values): Identity {
  const path = textOf(values, "key");
  if (path === undefined)
    throw new UsageError("--key FILE says who you are; hedgerow key FILE makes a key");
  if (!existsSync(path))
    throw new UsageError(`there is no key at ${path}; hedgerow key ${path} makes one`);
  return new BoardIdentity(path);
}

/** The world of a controller, with a key for this run alone: boards find one another's visitors apart. */
export function controllerWorld(values: Values): World {
  const host = textOf(values, "host") ?? "127.0.0.1";
  const folder = join(tmpdir(), `hedgerow-controller-${process.pid}`);
  return makeWorld({
    ...{ name: "controller", host, levelMin: "error", keyPath: null },
    broadcastHost: textOf(values, "broadcast") ?? "127.255.255.255",
    ...{ dataFolder: folder, assetsFolder: folder },
    spawner: { mainModule: new URL("../process/child.js", import.meta.url), world: {} },
  });
}

/**
 * The boards that are there, or those of them that were named. A named one that is not found is told,
 * and what to do; then the answer is undefined.
 */
export async function foundBoards(
  world: World,
  values: Values,
  { wanted, terminal }: { readonly wanted: readonly string[]; readonly terminal: Terminal },
): Promise<readonly FoundBoard[] | undefined> {
  const seconds = wholeOption(values, "wait", { min: 1, max: 3_600, fallback: FIND_S });
  const options = {
    cluster: textOf(values, "cluster") ?? "default",
    beaconUdpPort: wholeOption(values, "udp-port", {
      ...{ min: 1, max: 65_535 },
      fallback: BEACON_UDP_PORT,
    }),
    durationMs: seconds * 1000,
    ...(wanted.length === 0 ? {} : { wanted }),
  };
  const found = await findBoards(world, options, terminal.signal);
  const names = found.map(({ board }) => board);
  const missing = wanted.filter((board) => !names.includes(board));
  if (missing.length === 0 && found.length > 0)
    return wanted.length === 0 ? found : found.filter(({ board }) => wanted.includes(board));
  const what = missing.length === 0 ? "no board" : `not: ${missing.join(", ")}`;
  const heard = names.length === 0 ? "nobody" : names.join(", ");
  terminal.err.write(
    `hedgerow: within ${seconds} s on ${options.cluster} was found ${what}; found were ${heard}.\n` +
      "Is their agent running (hedgerow node --trust FILE)? Is --cluster theirs, and are --host and\n" +
      "--broadcast those of their network? --wait looks for longer.\n",
  );
  return undefined;
}

/** The boards that a person named; none: all. */
export function namedBoardsOf(values: Values): readonly string[] {
  const text = textOf(values, "boards") ?? "";
  return [...new Set(text.split(",").filter((board) => board !== ""))];
}
