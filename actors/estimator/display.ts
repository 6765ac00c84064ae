import { component } from "../../agent/component/define.ts";
import { sub } from "../../agent/component/ports.ts";
import { Summary } from "./messages.ts";

/** Writes every summary into the log. */
export const display = component({
  name: "Display",
  ports: { summary: sub(Summary) },
  options: () => undefined,
  setup: ({ log }) => ({
    on_summary: ({ boardCount, meanMilliHz, spreadMilliHz }) =>
      log("info", "frequency", { boardCount, meanMilliHz, spreadMilliHz }),
  }),
});
