import type { World } from "../../agent/core/world.ts";
import { DEPLOYMENT_KEY } from "../../agent/deployment/deployment-key.ts";
import { type Beacon, decodeBeacon } from "../../agent/discovery/beacon-wire.ts";
import { decodeInventory, INVENTORY_REQUEST } from "../../agent/discovery/exchange.ts";
import type { FoundBoard } from "./board-client.ts";

/** Where and how long to listen. */
export interface FindOptions {
  readonly cluster: string;
  readonly beaconUdpPort: number;
  readonly durationMs: number;
  /** Ends as soon as all of these are found. */
  readonly wanted?: readonly string[];
}

const INVENTORY_TIMEOUT_MS = 1_000;

/**
 * The boards whose beacons are heard and that take applications in, by name. Listens only: to the boards
 * this controller is nobody who comes and goes.
 */
export async function findBoards(
  { lan, wire, clock }: Pick<World, "lan" | "wire" | "clock">,
  { cluster, beaconUdpPort, durationMs, wanted }: FindOptions,
  signal: AbortSignal,
): Promise<readonly FoundBoard[]> {
  const found = new Map<string, FoundBoard>();
  const asking = new Map<string, Promise<void>>();
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  void clock.sleep(durationMs, over.signal).then(end);
  const ask = async ({ boardId, endpoint, incarnation, version }: Beacon): Promise<void> => {
    await using client = wire.client(endpoint);
    const answer = await client.request(INVENTORY_REQUEST, INVENTORY_TIMEOUT_MS);
    const inventory = answer.kind === "reply" ? decodeInventory(answer.frame) : undefined;
    const provider = inventory?.providers.find(({ key }) => key === DEPLOYMENT_KEY);
    if (provider !== undefined) found.set(boardId, { board: boardId, endpoint: provider.endpoint });
    // A board that was not asked in time is asked again at its next beacon.
    if (inventory === undefined) asking.delete(`${boardId} ${incarnation} ${version}`);
    if (wanted?.every((board) => found.has(board)) === true) end();
  };
  await using socket = await lan.open(beaconUdpPort);
  for await (const { payload } of socket.received(over.signal)) {
    const beacon = decodeBeacon(payload);
    if (beacon?.cluster !== cluster || beacon.leaving) continue;
    const name = `${beacon.boardId} ${beacon.incarnation} ${beacon.version}`;
    if (!asking.has(name)) asking.set(name, ask(beacon));
  }
  await Promise.all(asking.values());
  signal.removeEventListener("abort", end);
  return [...found.values()].sort((one, other) => (one.board < other.board ? -1 : 1));
}
