import { display } from "./display.ts";
import type { HelloApplication } from "./generated/application.ts";
import { sensor } from "./sensor.ts";

/** The code of the application: one component for each of the model. */
export const application: HelloApplication = {
  name: "Hello",
  components: {
    Sensor: sensor,
    Display: display,
  },
};
