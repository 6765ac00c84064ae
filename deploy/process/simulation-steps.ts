import type { Steps } from "../../agent/logical-time/logical-clock.ts";
import type { Simulation } from "../../agent/sim/simulation.ts";

/**
 * A simulation's time as steps of a logical clock. Between two runs everybody in it is at rest.
 * @param strideUs moves on by so much at a time, over what is due in between; default: to each next event.
 */
export function simulationSteps(sim: Simulation, strideUs?: number): Steps {
  return {
    get utcUs() {
      return sim.utcUs;
    },
    rest() {
      return Promise.resolve(strideUs === undefined ? sim.nextUtcUs : sim.utcUs + strideUs);
    },
    moveTo(utcUs) {
      return sim.runUntil(utcUs);
    },
  };
}
