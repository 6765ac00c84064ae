import type { MethodTable } from "../control/control-method.ts";
import { openControl } from "../control/control-server.ts";
import type { Json, RpcServer } from "../core/rpc.ts";
import type { World } from "../core/world.ts";
import type { Registry } from "../discovery/registry.ts";
import type { NodeOptions } from "./node-options.ts";
import type { StatusTable } from "./status-table.ts";

/** What the methods of a board's agent look at. */
export interface NodeControlParts {
  readonly world: World;
  readonly options: NodeOptions;
  readonly status: StatusTable;
  readonly registry: Registry;
  /** When the agent began, in monotonic ms. */
  readonly sinceMs: number;
}

/** Opens what the options ask for; undefined when they ask for nothing. */
export async function openNodeControl(parts: NodeControlParts): Promise<RpcServer | undefined> {
  const { world, options } = parts;
  if (options.control === undefined) return undefined;
  return openControl(world, options.control, methodsOf(parts));
}

/** What an agent can be asked. */
function methodsOf(parts: NodeControlParts): MethodTable {
  return { status: { access: "read", run: () => statusOf(parts) } };
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

/** Cluster time and how far it may be off; null: nothing is known of that. */
function clockStatus({ clock }: World): Json {
  const { utcUs, earliestUtcUs, latestUtcUs, quality } = clock.reading();
  const boundUs = Math.ceil(Math.max(utcUs - earliestUtcUs, latestUtcUs - utcUs));
  const { source, stratum, isHoldover } = quality;
  return { utcUs, boundUs: Number.isFinite(boundUs) ? boundUs : null, source, stratum, isHoldover };
}
