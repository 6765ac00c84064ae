import type { ActorType } from "./app-model.ts";
import type { ProblemList } from "./problem-list.ts";

/** Notes limits and priorities that no machine can keep. */
export function checkLimits(found: ProblemList, actor: ActorType): void {
  const { cpu, memory, space, network } = actor.limits;
  if (cpu !== undefined && cpu.percent < 1)
    found.error(cpu.position, "the cpu limit is below 1 %", "give 1 to 100 % per processor");
  if (cpu?.intervalMs !== undefined && cpu.intervalMs !== null && cpu.intervalMs < 1)
    found.error(
      cpu.position,
      "the cpu limit is measured over no time",
      "write such as: over 1 sec",
    );
  if (memory !== undefined && memory.bytes < 1)
    found.error(memory.position, "the mem limit is not positive", "write such as: mem 200 mb");
  if (space !== undefined && space.bytes < 1)
    found.error(space.position, "the space limit is not positive", "write such as: space 10 mb");
  if (network !== undefined) {
    const { rateBytesPerS, ceilBytesPerS, burstBytes, position } = network;
    if (rateBytesPerS < 1)
      found.error(position, "the net rate is not positive", "write such as: net rate 10 kbps");
    if (ceilBytesPerS !== null && ceilBytesPerS < rateBytesPerS)
      found.error(
        position,
        "the net ceiling is below the rate",
        "ceil is the rate while others idle",
      );
    if (burstBytes !== null && burstBytes < 1)
      found.error(position, "the net burst is not positive", "write such as: burst 2 kb");
  }
  const { scheduler } = actor;
  if (scheduler?.policy === "priority" && (scheduler.priority < 1 || scheduler.priority > 99))
    found.error(
      actor.position,
      `actor ${actor.name} has priority ${scheduler.priority}`,
      "real-time priorities are 1 to 99, higher first",
    );
}
