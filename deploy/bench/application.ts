import { type Application, component } from "../../agent/component/define.ts";
import { integerOption } from "../../agent/component/options.ts";
import { clt, pub, srv, sub, tim } from "../../agent/component/ports.ts";
import { integer, record, text, truth } from "../../agent/message/field.ts";
import { message } from "../../agent/message/message-type.ts";
import { nowUs, type PhaseReport } from "./figures.ts";
import { SinkPhases } from "./sink-phases.ts";

/** Model of the bench's application: a source of messages, and a sink that paces and measures it. */
export const BENCH_MODEL = `language hedgerow 1;
app Bench {
  message Sample;
  message Credit;
  message Granted;
  component Source(textLength) { pub sample : Sample; srv credit : (Credit, Granted); timer tick 1 msec; }
  component Sink(latencyCount, burstCount, echoCount, textLength) { sub sample : Sample; clt credit : (Credit, Granted); }
  actor Talker(textLength) { { source : Source(textLength = textLength); } }
  actor Hearer(latencyCount, burstCount, echoCount, textLength) {
    { sink : Sink(latencyCount = latencyCount, burstCount = burstCount, echoCount = echoCount, textLength = textLength); }
  }
}
`;

const COUNT_MAX = 10_000_000;
const TEXT_MAX = 4_096;

/** What the source publishes; `sentUs` is on the clock that all processes of a machine share. */
export const sample = message(
  "Sample",
  record({
    sequence: integer(0, COUNT_MAX),
    sentUs: integer(0, Number.MAX_SAFE_INTEGER),
    text: text(TEXT_MAX),
  }),
);
const credit = message(
  "Credit",
  record({ count: integer(0, COUNT_MAX), ticking: truth, text: text(TEXT_MAX) }),
);
const granted = message("Granted", record({ text: text(TEXT_MAX) }));

/** Length of the text with which a Sample takes `frameBytes` on the wire. */
export function textLengthFor(frameBytes: number): number {
  const empty = sample.encode({ sequence: 1_000, sentUs: nowUs(), text: "" }).byteLength;
  return Math.max(0, frameBytes - empty);
}

const source = component({
  name: "Source",
  ports: { sample: pub(sample), credit: srv(credit, granted), tick: tim() },
  options: (parameters) => ({ textLength: integerOption(parameters, "textLength") }),
  setup({ port }, { textLength }) {
    const text = "x".repeat(textLength);
    let sequence = 0;
    let isTicking = true;
    const publish = (): void => {
      port.sample({ sequence, sentUs: nowUs(), text });
      sequence += 1;
    };
    return {
      on_tick() {
        if (isTicking && sequence < COUNT_MAX) publish();
      },
      on_credit({ count, ticking, text: echoed }) {
        isTicking = ticking;
        for (let each = 0; each < count; each += 1) publish();
        return { text: echoed };
      },
    };
  },
});

function sinkOf(report: (facts: PhaseReport) => void) {
  return component({
    name: "Sink",
    ports: { sample: sub(sample), credit: clt(credit, granted) },
    options: (parameters) => ({
      latencyCount: integerOption(parameters, "latencyCount", 1),
      burstCount: integerOption(parameters, "burstCount"),
      echoCount: integerOption(parameters, "echoCount"),
      textLength: integerOption(parameters, "textLength"),
    }),
    setup({ port }, options) {
      const measured = new SinkPhases(options, report, port.credit);
      return { on_sample: (heard) => measured.heard(heard) };
    },
  });
}

/** The application, which hands over what it measures. */
export function benchApplication(report: (facts: PhaseReport) => void): Application {
  return { name: "Bench", components: { Source: source, Sink: sinkOf(report) } };
}
