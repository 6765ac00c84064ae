import { integer, record, text } from "../../agent/message/field.ts";
import { message } from "../../agent/message/message-type.ts";

const milliHz = integer(0, 1_000_000);
const number = integer(0, 2 ** 32);

/** A sample lies ready at the sensor. */
export const Ready = message("Ready", record({ number }));

/** Asks for the sample of this number. */
export const SampleRequest = message("SampleRequest", record({ number }));

/** The newest sample: its number may be larger than the one that was asked for. */
export const Sample = message("Sample", record({ number, milliHz }));

/** What one board believes, after so many samples. */
export const Estimate = message("Estimate", record({ board: text(100), milliHz, number }));

/** What all boards together believe. */
export const Summary = message(
  "Summary",
  record({ boardCount: integer(0, 10_000), meanMilliHz: milliHz, spreadMilliHz: milliHz }),
);
