import { attack } from "../../agent/group/attack.ts";
import { SeededRandom } from "../../agent/sim/seeded-random.ts";
import { discoveryScenario } from "./discovery-scenario.ts";
import { helloScenario } from "./hello-scenario.ts";
import { registryScenario } from "./registry-scenario.ts";
import type { OwnAttack, Scenario } from "./scenario.ts";

const groups: OwnAttack = {
  kind: "own",
  summary: "one group's rules: never two leaders, nor a decision lost; its own harness, no scripts",
  run: (seed) => {
    const random = new SeededRandom(`attack ${seed}`);
    return attack({ random: () => random.next() }).broken;
  },
};

/** What can be attacked, by name. A new scenario is entered here. */
export const SCENARIOS: Readonly<Record<string, Scenario | OwnAttack>> = {
  discovery: discoveryScenario(),
  registry: registryScenario(),
  hello: helloScenario,
  groups,
};
