import { hex, integer, oneOf, record, text, unsigned64 } from "../../agent/message/field.ts";
import { message } from "../../agent/message/message-type.ts";

const UINT32_MAX = 4_294_967_295;
const intervalNumber = integer(0, UINT32_MAX);

/** A prosumer asks the operator for a place in the market. */
export const EnrollRequest = message("EnrollRequest", record({ meter: text(64), owner: hex(20) }));

/** The operator's answer: where the market is, how its time runs, and a certificate to register with. */
export const Enrollment = message(
  "Enrollment",
  record({
    /** unknown-meter: the operator has no such customer. */
    state: oneOf("certified", "unknown-meter"),
    market: hex(20),
    /** The operator's signature: r, s, v. */
    certificate: hex(65),
    startS: integer(0, Number.MAX_SAFE_INTEGER),
    intervalS: integer(1, 86_400),
    clearIntervals: integer(1, 1_000),
    horizonIntervals: integer(0, 1_023),
  }),
);

/** An interval is final: the operator tells everybody, for displays; the ledger is what counts. */
export const Cleared = message(
  "Cleared",
  record({
    interval: intervalNumber,
    tradedWh: integer(0, Number.MAX_SAFE_INTEGER),
    /** Paid from buyers to sellers, in millionths of the currency. */
    paidUnits: unsigned64,
  }),
);

/** A solver asks which market to solve. */
export const MarketRequest = message("MarketRequest", record({ solver: hex(20) }));

/** Where the market is and how its time runs. */
export const MarketTerms = message(
  "MarketTerms",
  record({
    market: hex(20),
    startS: integer(0, Number.MAX_SAFE_INTEGER),
    intervalS: integer(1, 86_400),
    clearIntervals: integer(1, 1_000),
    horizonIntervals: integer(0, 1_023),
  }),
);
