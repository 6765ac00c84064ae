import type { MessageType } from "../../agent/message/message-type.ts";

/** Most messages that are remembered of one run; the oldest go first. */
export const RECORDS_MAX = 100_000;

/** One message at one port of the application. */
export interface Passage<M> {
  /** Board, actor, component and port, such as "north/Sensing/sensor.reading". */
  readonly port: string;
  /** Cluster time, in µs since 1970. */
  readonly atUtcUs: number;
  readonly message: M;
}

/** sent: a component called a port, or answered; handled: a handler was called. */
export type Side = "sent" | "handled";

/** One line of the journal. */
interface Line extends Passage<unknown> {
  readonly side: Side;
  readonly typeName: string;
  /** Counts all lines of the run, from 0. */
  readonly number: number;
}

/** All messages that components sent and handled, in the order of cluster time. */
export class Journal {
  readonly #lines: Line[] = [];
  /** Lines written so far, with those that are forgotten. */
  count = 0;

  write(side: Side, type: { readonly name: string }, passage: Passage<unknown>): void {
    this.#lines.push({ ...passage, side, typeName: type.name, number: this.count });
    this.count += 1;
    if (this.#lines.length > RECORDS_MAX) this.#lines.shift();
  }

  /** The messages of one type from line `from` on; `port` is the end of a port's name. */
  read<M>(
    side: Side,
    type: MessageType<M>,
    { from = 0, port = "" }: { readonly from?: number; readonly port?: string } = {},
  ): readonly NumberedPassage<M>[] {
    return this.#lines
      .filter((line) => line.number >= from && line.side === side && line.typeName === type.name)
      .filter((line) => endsAtName(line.port, port))
      .map(({ port: at, atUtcUs, message, number }) => ({
        ...{ port: at, atUtcUs, number },
        message: message as M,
      }));
  }
}

/** A passage with its place in the journal. */
export interface NumberedPassage<M> extends Passage<M> {
  readonly number: number;
}

/** Whether `wanted` is `port`, or its last parts: "sensor.reading" names "north/Sensing/sensor.reading". */
function endsAtName(port: string, wanted: string): boolean {
  return (
    wanted === "" || port === wanted || port.endsWith(`/${wanted}`) || port.endsWith(`.${wanted}`)
  );
}
