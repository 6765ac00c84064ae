import type { World } from "../core/world.ts";
import type { ActorInstance } from "../model/instances.ts";
import type { NodeOptions } from "./node-options.ts";

/**
 * The actors that the deployment places on this board; none when the board has no application.
 * @throws AgentError MODEL_INVALID with every problem, each as file:line:column.
 */
export async function instancesOf(_world: World, _options: NodeOptions): Promise<ActorInstance[]> {
  return Promise.resolve([]);
}
