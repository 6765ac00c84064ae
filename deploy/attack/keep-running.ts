import type { ProgramCall } from "../../agent/core/spawner.ts";
import type { Simulation } from "../../agent/sim/simulation.ts";

/** From a program's end to its next start, in ms: as a unit of systemd has it. */
const RESTART_MS = 500;

/**
 * Starts a program on a host and keeps it running as systemd does: after a kill or a failure again, and
 * whenever the host gets power. Returns what starts it when it does not run.
 */
export function keepRunning(
  sim: Simulation,
  hostName: string,
  call: ProgramCall,
  failed: (reason: string) => void,
): () => void {
  const host = sim.host(hostName);
  let isPowered = true;
  let isRunning = false;
  const start = (): void => {
    if (isRunning || !isPowered) return;
    isRunning = true;
    void host.start(call).exited.then(({ kind, reason }) => {
      isRunning = false;
      if (kind === "failed") failed(`${hostName}/${call.name}: ${reason}`);
      isPowered = reason !== "power lost";
      if (isPowered) sim.plan(RESTART_MS, `restart ${hostName}/${call.name}`, start);
    });
  };
  host.boot = () => {
    isPowered = true;
    start();
  };
  start();
  return host.boot;
}
