import type { EventLabel, Life, SimEvent } from "./life.ts";
import { type Network, SILENCE_US_MAX } from "./network.ts";
import type { Timeline } from "./timeline.ts";

/** One end of a connection: on which host, for which program, and what to do when it is lost. */
export interface ConnectionEnd {
  readonly host: string;
  readonly life: Life;
  readonly lost: () => void;
}

interface Message {
  readonly label: EventLabel;
  readonly deliver: () => void;
  arrival: SimEvent | undefined;
}

interface Direction {
  readonly from: ConnectionEnd;
  readonly to: ConnectionEnd;
  /** Nothing overtakes what was sent before. */
  lastArrivalUs: number;
  /** Under way, in order; without an arrival while the network is cut in this direction. */
  readonly flight: Set<Message>;
}

/**
 * An ordered, lossless connection, as TCP is: a gap in the network delays what is under way; when it
 * lasts longer than the heartbeats' patience, both ends lose the connection and everything in it.
 */
export class Connection {
  readonly #timeline: Timeline;
  readonly #network: Network;
  readonly #there: Direction;
  readonly #back: Direction;
  readonly #unwatch: () => void;
  #open = true;
  #giveUp: SimEvent | undefined;

  /** Between the end that connected and the one that listened. */
  constructor(timeline: Timeline, network: Network, ends: readonly [ConnectionEnd, ConnectionEnd]) {
    this.#timeline = timeline;
    this.#network = network;
    const [client, server] = ends;
    this.#there = { from: client, to: server, lastArrivalUs: 0, flight: new Set() };
    this.#back = { from: server, to: client, lastArrivalUs: 0, flight: new Set() };
    this.#unwatch = network.watch(this);
    this.silent();
  }

  get open(): boolean {
    return this.#open;
  }

  /** From the end that connected to the one that listened. */
  toServer(label: EventLabel, deliver: () => void): void {
    this.#send(this.#there, label, deliver);
  }

  toClient(label: EventLabel, deliver: () => void): void {
    this.#send(this.#back, label, deliver);
  }

  /** Closes from one side: the other one learns of it after all that was sent before. */
  close(by: "client" | "server"): void {
    if (!this.#open) return;
    const direction = by === "client" ? this.#there : this.#back;
    this.#send(direction, { kind: "closed", from: direction.from.life.name }, () => {
      this.#end();
      direction.to.lost();
    });
  }

  /** The network between the ends may be cut: patience begins to run out. */
  silent(): void {
    if (!this.#open || this.#isWhole()) return;
    for (const direction of [this.#there, this.#back]) {
      if (this.#flows(direction)) continue;
      for (const message of direction.flight) {
        if (message.arrival !== undefined) this.#timeline.cancel(message.arrival);
        message.arrival = undefined;
      }
    }
    // Whoever hears nothing, or whose heartbeats nobody answers, gives up.
    this.#giveUp ??= this.#timeline.plan(undefined, SILENCE_US_MAX, { kind: "given-up" }, () => {
      this.#end();
      for (const { to } of [this.#there, this.#back])
        if (!to.life.dead) this.#timeline.plan(to.life, 0, { kind: "lost" }, to.lost);
    });
  }

  /** The network between the ends may be whole again. */
  resume(): void {
    if (!this.#open || this.#giveUp === undefined) return;
    if (this.#isWhole()) {
      this.#timeline.cancel(this.#giveUp);
      this.#giveUp = undefined;
    }
    for (const direction of [this.#there, this.#back]) {
      if (!this.#flows(direction)) continue;
      for (const message of direction.flight)
        if (message.arrival === undefined) this.#launch(direction, message);
    }
  }

  #send(direction: Direction, label: EventLabel, deliver: () => void): void {
    if (!this.#open) return;
    const message: Message = { label, deliver, arrival: undefined };
    direction.flight.add(message);
    if (this.#giveUp === undefined || this.#flows(direction)) this.#launch(direction, message);
  }

  #launch(direction: Direction, message: Message): void {
    const { from, to, flight } = direction;
    const { nowUs } = this.#timeline;
    const arrivalUs = Math.max(
      nowUs + this.#network.delayUs(from.host, to.host, message.label.payload?.byteLength),
      direction.lastArrivalUs,
    );
    direction.lastArrivalUs = arrivalUs;
    message.arrival = this.#timeline.plan(to.life, arrivalUs - nowUs, message.label, () => {
      flight.delete(message);
      if (this.#open) message.deliver();
    });
  }

  #flows({ from, to }: Direction): boolean {
    return this.#network.reaches(from.host, to.host);
  }

  /** Both ends hear each other, and answer. */
  #isWhole(): boolean {
    const { from, to } = this.#there;
    if (from.life.isPaused || to.life.isPaused) return false;
    return this.#flows(this.#there) && this.#flows(this.#back);
  }

  #end(): void {
    this.#open = false;
    this.#unwatch();
    if (this.#giveUp !== undefined) this.#timeline.cancel(this.#giveUp);
  }
}
