import { component } from "../../agent/component/define.ts";
import { integerOption } from "../../agent/component/options.ts";
import { pub, req, sub } from "../../agent/component/ports.ts";
import { Estimate, Ready, Sample, SampleRequest } from "./messages.ts";

const ANSWER_MS_MAX = 500;

/**
 * Smooths the samples of its board: each moves the estimate by `gainPercent` of the difference.
 * A sample that is announced while the one before is still under way is left out.
 */
export const localEstimator = component({
  name: "LocalEstimator",
  ports: { ready: sub(Ready), query: req(SampleRequest, Sample), estimate: pub(Estimate) },
  options: (parameters) => ({ gainPercent: integerOption(parameters, "gainPercent") }),
  setup({ name, port, log }, { gainPercent }) {
    let milliHz: number | undefined;
    let leftOutCount = 0;
    return {
      on_ready({ number }) {
        if (port.query({ number }, ANSWER_MS_MAX) === "busy") leftOutCount += 1;
      },
      on_query(outcome) {
        if (outcome.kind === "no-reply") {
          log("warn", "no-sample", { reason: outcome.reason, leftOutCount });
          return;
        }
        const { number, milliHz: measured } = outcome.reply;
        const before = milliHz ?? measured;
        milliHz = before + Math.round(((measured - before) * gainPercent) / 100);
        port.estimate({ board: name, milliHz, number });
      },
    };
  },
});
