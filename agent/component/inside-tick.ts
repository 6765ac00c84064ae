import { integer, record } from "../message/field.ts";
import { type MessageType, message } from "../message/message-type.ts";
import { type Ins, ins } from "./ports.ts";

/** What `inside x default` of a model sends its component once a second. */
export interface SecondTick {
  /** The whole second of cluster time, in µs, that the tick is for. */
  readonly dueUtcUs: number;
}

/** The message of an `insTick` port. */
export const SECOND_TICK: MessageType<SecondTick> = message(
  "SecondTick",
  record({ dueUtcUs: integer(0, Number.MAX_SAFE_INTEGER) }),
);

const NOTHING = message("Nothing", record({})) as unknown as MessageType<never>;

/**
 * The port for `inside x default` of a model: the runtime's own thread, called "default", tells its
 * handler every second, on whole seconds of cluster time. Nothing can be sent to that thread.
 *
 * A port with threads of the component's own needs no ticker: there the model's `default` changes nothing.
 */
export function insTick(): Ins<never, SecondTick> {
  return ins(NOTHING, SECOND_TICK);
}
