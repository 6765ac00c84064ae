import { component } from "hedgerow";
import { type SensorHandlers, sensorModel } from "./generated/sensor.ts";

/** How far from one reading to the next the temperature may be, in kelvin. */
const STEP_MAX = 0.5;

/** Measures a temperature that wanders, and publishes each reading with its number. */
export const sensor = component({
  ...sensorModel,
  setup({ port, random }, { celsius: first }): SensorHandlers {
    let number = 0;
    let celsius = first;
    return {
      on_measure() {
        number += 1;
        port.reading({ number, celsius });
        celsius += STEP_MAX * (2 * random.next() - 1);
      },
    };
  },
});
