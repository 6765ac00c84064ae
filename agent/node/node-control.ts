import type { MethodTable } from "../control/control-method.ts";
import { openControl } from "../control/control-server.ts";
import { everywhere } from "../control/everywhere.ts";
import { PeerAgents } from "../control/peer-agents.ts";
import { openPeerDoor } from "../control/peer-door.ts";
import type { Json } from "../core/rpc.ts";
import type { World } from "../core/world.ts";
import type { Registry } from "../discovery/registry.ts";
import { logsOf } from "./log-method.ts";
import type { MeasureDesk } from "./measure-desk.ts";
import type { NodeOptions } from "./node-options.ts";
import type { StatusTable } from "./status-table.ts";

/** What the methods of a board's agent look at. */
export interface NodeControlParts {
  readonly world: World;
  readonly options: NodeOptions;
  readonly status: StatusTable;
  readonly registry: Registry;
  readonly measures: MeasureDesk;
  /** When the agent began, in monotonic ms. */
  readonly sinceMs: number;
}

/**
 * Lets programs of this board and agents of others ask, as the options say; undefined when they say nothing.
 * What is opened here is closed by disposing of the result.
 */
export async function openNodeControl(
  parts: NodeControlParts,
): Promise<AsyncDisposable | undefined> {
  const { world, options, status, registry } = parts;
  const { board, control } = options;
  if (control === undefined) return undefined;
  const methods = methodsOf(parts);
  const peers = new PeerAgents(world, registry);
  const all = { board, boards: () => status.boards, peers, methods, log: world.log };
  // First the socket, which another agent may have: nothing else is open then.
  const table = { ...methods, everywhere: everywhere(all) };
  const server = await openControl(world, control, table);
  const door = await openPeerDoor(world, { board, methods, directory: registry });
  return {
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await peers[Symbol.asyncDispose]();
      await door[Symbol.asyncDispose]();
    },
  };
}

/** What an agent can be asked. */
function methodsOf(parts: NodeControlParts): MethodTable {
  return {
    status: { access: "read", run: () => statusOf(parts) },
    logs: { access: "read", run: (params) => logsOf(parts.world, params) },
    measure: { access: "read", run: () => measureOf(parts) },
  };
}

function statusOf({ world, options, status, registry, sinceMs }: NodeControlParts): Json {
  const { board, cluster } = options;
  const { clock } = world;
  return {
    ...{ board, cluster },
    uptimeMs: Math.round(clock.monotonicMs() - sinceMs),
    clock: clockStatus(world),
    boards: [board, ...status.boards].sort(),
    actors: status.actors,
    sizes: { ...registry.sizes },
  };
}

async function measureOf({ world, options, measures }: NodeControlParts): Promise<Json> {
  const actors = (await measures.measure()) as readonly object[] as readonly Json[];
  const monotonicMs = world.clock.monotonicMs();
  return { board: options.board, monotonicMs, clock: clockStatus(world), actors };
}

/** Cluster time and how far it may be off; null: nothing is known of that. */
function clockStatus({ clock }: World): Json {
  const { utcUs, earliestUtcUs, latestUtcUs, quality } = clock.reading();
  const boundUs = Math.ceil(Math.max(utcUs - earliestUtcUs, latestUtcUs - utcUs));
  const { source, stratum, isHoldover } = quality;
  return { utcUs, boundUs: Number.isFinite(boundUs) ? boundUs : null, source, stratum, isHoldover };
}
