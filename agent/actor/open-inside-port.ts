import type { Ins } from "../component/ports.ts";
import type { PortInstance } from "../model/instances.ts";
import { TimerPort } from "../ports/timer-port.ts";
import { InsidePort } from "./inside-port.ts";
import { laneOf, type OpenedPort, type PortOwner } from "./opened-port.ts";
import { countersOf } from "./port-counters.ts";

/** The thread that a port without threads of its own hears, when the model says `default`. */
const DEFAULT_THREAD = "default";
const TICK_MS = 1_000;

/** Opens the component's end of an inside port. */
export function openInside(
  owner: PortOwner,
  port: Ins<unknown, unknown>,
  model: PortInstance,
): OpenedPort {
  const { world, scheduler, handle } = owner;
  const lane = scheduler.lane({
    ...laneOf(model),
    run: ({ handler, message, detail, arrival }) => handle(handler, message, detail, arrival),
  });
  const inside = new InsidePort(owner, port, model.name, (message, thread) =>
    lane.push(message, undefined, thread),
  );
  const isTicked = model.kind === "inside" && model.isDefault && inside.threadNames.length === 0;
  let missedCount = 0;
  const ticker = new TimerPort(world.clock, isTicked ? TICK_MS : undefined, (dueUtcUs) => {
    // As of other timers, one tick waits at most, and those of a pause are missed.
    if (scheduler.isPaused || lane.length > 0) missedCount += 1;
    else lane.push({ dueUtcUs }, undefined, DEFAULT_THREAD);
  });
  return {
    ...{ call: inside.send, inside, close: inside },
    ...(isTicked ? { timer: ticker } : {}),
    counters: () => {
      const { sentCount, lostCount, malformedCount } = inside;
      return countersOf(lane, { sentCount, droppedCount: lostCount, malformedCount, missedCount });
    },
  };
}
