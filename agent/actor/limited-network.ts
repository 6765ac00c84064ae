import type { TrafficLimit } from "../core/resources.ts";
import type { World } from "../core/world.ts";
import type { Traffic } from "../resource/limit-judges.ts";
import { meteredWire } from "../resource/metered-wire.ts";
import type { ToAgent } from "./protocol.ts";

/** From one report of an actor's traffic to the next. */
const REPORT_MS = 1000;

/** The world as an actor with a limited network sees it; its agent hears what goes over its wire. */
export function limitedNetwork(
  world: World,
  limit: TrafficLimit | undefined,
  { tell, signal }: { readonly tell: (message: ToAgent) => void; readonly signal: AbortSignal },
): World {
  if (limit === undefined) return world;
  const wire = meteredWire(world.wire, limit, world.clock);
  const report = async (): Promise<void> => {
    let told: Traffic | undefined;
    while (!signal.aborted) {
      const traffic = { ...wire.traffic };
      if (told === undefined || sum(traffic) !== sum(told)) tell({ kind: "traffic", traffic });
      told = traffic;
      await world.clock.sleep(REPORT_MS, signal);
    }
  };
  void report();
  return { ...world, wire };
}

/** None of them falls: an equal sum is equal traffic. */
function sum({ sentBytes, refusedBytes, receivedBytes }: Traffic): number {
  return sentBytes + refusedBytes + receivedBytes;
}
