import { component } from "hedgerow";
import { type DisplayHandlers, displayModel } from "./generated/display.ts";

/** Writes each reading into the log: as a warning when it is above the limit. */
export const display = component({
  ...displayModel,
  setup({ log }, { limit }): DisplayHandlers {
    return {
      on_reading({ number, celsius }) {
        const level = celsius > limit ? "warn" : "info";
        log(level, "reading", { number, celsius: Number(celsius.toFixed(1)) });
      },
    };
  },
});
