import { hex, integer, oneOf, record, text } from "../../../agent/message/field.ts";
import { message } from "../../../agent/message/message-type.ts";

/** Net energy of one interval, as a meter tells its board. */
export const Reading = message(
  "Reading",
  record({
    meter: text(64),
    /** End of the interval, in µs since 1970. */
    endUtcUs: integer(0, Number.MAX_SAFE_INTEGER),
    /** Positive is production, negative is consumption. */
    netWh: integer(-2_147_483_648, 2_147_483_647),
  }),
);

/** A meter asks where its readings go. */
export const SinkRequest = message("SinkRequest", record({ meter: text(64) }));

/** Where readings go: a contract, and the time of its interval 0. */
export const Sink = message(
  "Sink",
  record({
    /** closed: the meter is not known there, or nobody has registered with it yet. */
    state: oneOf("open", "closed"),
    contract: hex(20),
    startS: integer(0, Number.MAX_SAFE_INTEGER),
  }),
);
