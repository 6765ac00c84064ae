import type { Application } from "../../agent/component/define.ts";
import { aggregator } from "./aggregator.ts";
import { display } from "./display.ts";
import { localEstimator } from "./local-estimator.ts";
import { sensor } from "./sensor.ts";

/** The components of the distributed estimator by their names in the model. */
export const application: Application = {
  name: "FrequencyEstimator",
  components: {
    Sensor: sensor,
    LocalEstimator: localEstimator,
    Aggregator: aggregator,
    Display: display,
  },
};
