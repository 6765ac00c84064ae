import { hexOf } from "../../agent/core/hex.ts";
import { openSwitchboard } from "../../agent/core/switchboard.ts";
import type { World } from "../../agent/core/world.ts";
import { deploymentKey } from "../../agent/deployment/deployment-key.ts";
import { Discovery } from "../../agent/discovery/discovery.ts";
import type { FoundBoard } from "./board-client.ts";

/** Where and how long to listen. */
export interface FindOptions {
  readonly cluster: string;
  readonly beaconUdpPort: number;
  readonly durationMs: number;
  /** Ends as soon as all of these are found. */
  readonly wanted?: readonly string[];
}

/**
 * The boards of the cluster that take applications in, by name. For as long as it looks, the controller is
 * one more member, called controller- and something random, which provides nothing.
 */
export async function findBoards(
  world: Pick<World, "lan" | "clock" | "random" | "identity" | "log">,
  { cluster, beaconUdpPort, durationMs, wanted }: FindOptions,
  signal: AbortSignal,
): Promise<readonly FoundBoard[]> {
  const found = new Map<string, FoundBoard>();
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  void world.clock.sleep(durationMs, over.signal).then(end);
  await using switchboard = await openSwitchboard(world.lan);
  const boardId = `controller-${hexOf(world.random.bytes(6))}`;
  const seen = new Set<string>();
  const discovery: Discovery = new Discovery(
    world,
    { boardId, cluster, beaconUdpPort, switchboard },
    (event) => {
      if (event.kind === "joined") look(event.boardId);
    },
  );
  const look = (board: string): void => {
    if (seen.has(board)) return;
    seen.add(board);
    discovery.registry.require(deploymentKey(board), ([endpoint]) => {
      if (endpoint === undefined) found.delete(board);
      else found.set(board, { board, endpoint });
      if (wanted?.every((each) => found.has(each)) === true) end();
    });
  };
  // All that is found is found before the goodbye.
  const running = discovery.run(over.signal);
  await new Promise<void>((resolve) => {
    over.signal.addEventListener("abort", () => resolve(), { once: true });
    if (over.signal.aborted) resolve();
  });
  const boards = [...found.values()].sort((one, other) => (one.board < other.board ? -1 : 1));
  await running;
  signal.removeEventListener("abort", end);
  return boards;
}
