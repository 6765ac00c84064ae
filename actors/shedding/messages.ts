import { integer, record } from "../../agent/message/field.ts";
import { type MessageType, message } from "../../agent/message/message-type.ts";

/** What a feeder draws; as the topic of a vote: what all of them are to be left with, in per mille. */
export const Load = message(
  "Load",
  record({ loadW: integer(0, 10_000_000), keepPermille: integer(0, 1_000) }),
);

/** One such message. */
export type LoadMessage = typeof Load extends MessageType<infer M> ? M : never;
