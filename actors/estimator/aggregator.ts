import { component } from "../../agent/component/define.ts";
import { integerOption } from "../../agent/component/options.ts";
import { pub, sub, tim } from "../../agent/component/ports.ts";
import { Estimate, Summary } from "./messages.ts";

const US_PER_MS = 1_000;

/** Once a second: the mean of what the boards said lately, if enough of them did. */
export const aggregator = component({
  name: "Aggregator",
  ports: { estimate: sub(Estimate), wakeup: tim(), summary: pub(Summary) },
  options: (parameters) => ({
    boardsMin: integerOption(parameters, "boardsMin", 1),
    staleMs: integerOption(parameters, "staleMs", 1),
  }),
  setup({ port, log }, { boardsMin, staleMs }) {
    const latest = new Map<string, { readonly milliHz: number; readonly sentUtcUs: number }>();
    return {
      // The sender's stamp, not our clock at arrival: a message that was held up is as old as it is.
      on_estimate({ board, milliHz }, { sentUtcUs, receivedUtcUs }) {
        latest.set(board, { milliHz, sentUtcUs: sentUtcUs ?? receivedUtcUs });
      },
      on_wakeup(dueUtcUs) {
        for (const [board, { sentUtcUs }] of latest)
          if (dueUtcUs - sentUtcUs > staleMs * US_PER_MS) latest.delete(board);
        const values = [...latest.values()].map(({ milliHz }) => milliHz);
        if (values.length < boardsMin) return;
        const sum = values.reduce((total, each) => total + each, 0);
        port.summary({
          boardCount: values.length,
          meanMilliHz: Math.round(sum / values.length),
          spreadMilliHz: Math.max(...values) - Math.min(...values),
        });
      },
      handleDeadline({ lateMs }) {
        log("warn", "estimate-late", { lateMs });
      },
    };
  },
});
