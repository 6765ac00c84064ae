import type { Application } from "../../agent/component/define.ts";
import { breaker } from "./breaker.ts";

/** The components of load shedding by their names in the model. */
export const application: Application = {
  name: "LoadShedding",
  components: { Breaker: breaker },
};
