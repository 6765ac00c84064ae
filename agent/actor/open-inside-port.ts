import type { PortInstance } from "../model/instances.ts";
import { InsidePort } from "./inside-port.ts";
import { laneOf, type OpenedPort, type PortOf, type PortOwner } from "./opened-port.ts";
import { countersOf } from "./port-counters.ts";

/** Opens a port between a device and its inner threads, which start with the component. */
export function openInside(owner: PortOwner, port: PortOf<"ins">, model: PortInstance): OpenedPort {
  const { scheduler, handle } = owner;
  const lane = scheduler.lane({
    ...laneOf(model),
    run: ({ handler, message, detail, arrival }) => handle(handler, message, detail, arrival),
  });
  const inside = new InsidePort(
    {
      ...owner.threads,
      world: owner.world,
      deliver: (message, thread) => lane.push(message, undefined, thread),
      // As if a handler had thrown: the component's fault handler decides.
      fault: (handler, error) => {
        void scheduler.life(handler, () => {
          throw error;
        });
      },
    },
    port,
    { name: model.name, isDefault: model.kind === "inside" && model.isDefault },
  );
  return {
    call: inside.send,
    inside,
    close: inside,
    counters: () => countersOf(lane, { droppedCount: inside.lostCount }),
  };
}
