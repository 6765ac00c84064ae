import { component } from "../../agent/component/define.ts";
import { integerOption } from "../../agent/component/options.ts";
import { pub, rep, tim } from "../../agent/component/ports.ts";
import { Ready, Sample, SampleRequest } from "./messages.ts";

/** A made-up frequency meter: a fixed value with even noise around it, a sample every tick. */
export const sensor = component({
  name: "Sensor",
  ports: { clock: tim(), ready: pub(Ready), request: rep(SampleRequest, Sample) },
  options: (parameters) => ({
    seedMilliHz: integerOption(parameters, "seedMilliHz"),
    spreadMilliHz: integerOption(parameters, "spreadMilliHz"),
  }),
  setup({ port, random }, { seedMilliHz, spreadMilliHz }) {
    let sample = { number: 0, milliHz: seedMilliHz };
    return {
      on_clock() {
        const noise = Math.round((random.next() - 0.5) * spreadMilliHz);
        sample = { number: sample.number + 1, milliHz: seedMilliHz + noise };
        port.ready({ number: sample.number });
      },
      on_request: (_request, caller) => caller.answer(sample),
    };
  },
});
