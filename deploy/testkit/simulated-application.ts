import assert from "node:assert/strict";
import { inspect, isDeepStrictEqual } from "node:util";
import type { Ports } from "../../agent/component/ports.ts";
import type { MessageType } from "../../agent/message/message-type.ts";
import type { Simulation } from "../../agent/sim/simulation.ts";
import type { Journal, Passage } from "./journal.ts";
import type { ActorPlace, LinkTable } from "./link-table.ts";
import type { Probe } from "./probe.ts";

const EXPECT_MS = 10_000;
/** Cluster time between two looks at a condition. */
const LOOK_MS = 10;
const SHOWN_MAX = 5;
const CONNECT_MS_MAX = 30_000;

/** What `expect` and `expectNone` may be told. */
export interface ExpectOptions {
  /** How long to wait, in ms of cluster time; default 10 s. */
  readonly withinMs?: number;
  /** Only at this port, or its last parts, such as "sensor.reading". */
  readonly at?: string;
}

/** An actor that ended by itself. */
export interface Failure extends ActorPlace {
  readonly error: unknown;
}

/** What a running application is made of. */
export interface RunningParts<P extends Ports> {
  readonly sim: Simulation;
  readonly journal: Journal;
  readonly links: LinkTable;
  /** Every actor of the deployment. */
  readonly actors: readonly ActorPlace[];
  readonly probe: Probe<P>;
  readonly failures: Failure[];
  /** The last lines of the log. */
  readonly log: readonly string[];
  /** Whether a failure of an actor fails the test. */
  readonly failuresFail: boolean;
  /** How long a port takes to connect once it knows with whom. */
  readonly connectingMs: number;
  readonly startBoard: (board: string) => void;
  readonly boards: readonly string[];
}

/**
 * An application that runs in the simulator, in the hands of a test. Nothing happens but within its
 * asynchronous calls: each lets cluster time go on. A run is a function of its seed and of the calls.
 *
 * Every call that lets time go on rejects when an actor failed, with that failure as its cause.
 */
export class SimulatedApplication<P extends Ports> implements AsyncDisposable {
  readonly #parts: RunningParts<P>;
  readonly #cursors = new Map<string, number>();

  constructor(parts: RunningParts<P>) {
    this.#parts = parts;
  }

  /** The test's own ends of its ports. */
  get probe(): Probe<P> {
    return this.#parts.probe;
  }

  /** Cluster time, in µs since 1970. */
  get utcUs(): number {
    return this.#parts.sim.utcUs;
  }

  /** Lines that components and agents logged, oldest first; the last 10,000. */
  get log(): readonly string[] {
    return this.#parts.log;
  }

  /** Actors that failed, when the test was told to keep failures. */
  get failures(): readonly Failure[] {
    return this.#parts.failures;
  }

  /** Hash of all that happened: equal for equal seeds. */
  get transcriptHash(): string {
    return this.#parts.sim.transcriptHash();
  }

  /** Messages that components sent, in order; `at` as in ExpectOptions. */
  sent<M>(type: MessageType<M>, at?: string): readonly Passage<M>[] {
    return this.#read("sent", type, at);
  }

  /** Messages that handlers of components got, in order; `at` as in ExpectOptions. */
  handled<M>(type: MessageType<M>, at?: string): readonly Passage<M>[] {
    return this.#read("handled", type, at);
  }

  /** Lets so much cluster time pass. */
  async runFor(durationMs: number): Promise<void> {
    await this.#parts.sim.runFor(durationMs);
    this.#refuseFailures();
  }

  /** Lets time pass until every actor runs and knows all that its ports may connect to. */
  async connected(): Promise<void> {
    const { sim, links, actors } = this.#parts;
    const endUtcUs = sim.utcUs + CONNECT_MS_MAX * 1000;
    for (;;) {
      const missing = links.missing(actors);
      if (missing.length === 0) break;
      if (sim.utcUs >= endUtcUs)
        assert.fail(`after ${CONNECT_MS_MAX} ms of cluster time:\n  ${missing.join("\n  ")}`);
      await this.runFor(LOOK_MS);
    }
    await this.runFor(this.#parts.connectingMs);
  }

  /** Lets time pass until `work`, which needs that, is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => undefined); // told by the await below, also when the run throws first
    await this.#parts.sim.runWhile(() => !isDone && this.#parts.failures.length === 0);
    this.#refuseFailures();
    return done;
  }

  /**
   * Lets time pass until a handler got a message of this type that `wanted` describes, and returns it.
   * Messages are looked at in order, each by one `expect` only; those passed over are not seen again.
   * @param wanted fields with their values, or a function that says whether this is it; default: any.
   * @throws AssertionError with what came instead.
   */
  async expect<M>(
    type: MessageType<M>,
    wanted: Partial<M> | ((message: M) => boolean) = {},
    { withinMs = EXPECT_MS, at = "" }: ExpectOptions = {},
  ): Promise<Passage<M>> {
    const { sim, journal } = this.#parts;
    const cursor = `${type.name} ${at}`;
    const from = this.#cursors.get(cursor) ?? 0;
    const endUtcUs = sim.utcUs + withinMs * 1000;
    for (;;) {
      const come = journal.read("handled", type, { from, port: at });
      const found = come.find(({ message }) => fits(message, wanted));
      if (found !== undefined) {
        this.#cursors.set(cursor, found.number + 1);
        const { port, atUtcUs, message } = found;
        return { port, atUtcUs, message };
      }
      if (sim.utcUs >= endUtcUs) {
        const asked = typeof wanted === "function" ? String(wanted) : inspect(wanted);
        const where = at === "" ? "" : ` at ${at}`;
        assert.fail(
          `no ${type.name} ${asked}${where} within ${withinMs} ms; ${heardText(come, sim.utcUs)}`,
        );
      }
      await this.runFor(Math.min(LOOK_MS, (endUtcUs - sim.utcUs) / 1000));
    }
  }

  /** Lets `withinMs` pass. @throws AssertionError when a handler got such a message in this time. */
  async expectNone<M>(
    type: MessageType<M>,
    wanted: Partial<M> | ((message: M) => boolean) = {},
    { withinMs = EXPECT_MS, at = "" }: ExpectOptions = {},
  ): Promise<void> {
    const { sim, journal } = this.#parts;
    const from = journal.count;
    await this.runFor(withinMs);
    const come = journal
      .read("handled", type, { from, port: at })
      .filter(({ message }) => fits(message, wanted));
    if (come.length > 0) assert.fail(`no ${type.name} was wanted; ${heardText(come, sim.utcUs)}`);
  }

  /** Kills an actor, such as "north/Sensing", as kill -9 does; its agent starts it again. */
  kill(actor: string): void {
    const [board = "", name = ""] = actor.split("/");
    if (!this.#host(board).kill(`${board}/${name}`))
      throw new Error(`no actor ${actor} runs; there are ${this.#actorNames()}`);
  }

  /** Takes the power from a board: all on it is killed at once; its disk keeps what is durable. */
  powerOff(board: string): void {
    this.#host(board).powerOff();
  }

  /** Starts a board that has no power. */
  powerOn(board: string): void {
    this.#host(board);
    this.#parts.startBoard(board);
  }

  /** Pulls a board's network cable. */
  unplug(board: string): void {
    this.#host(board);
    this.#parts.sim.unplug(board);
  }

  plug(board: string): void {
    this.#host(board);
    this.#parts.sim.plug(board);
  }

  /** Cuts the network: boards hear only those of their own side; boards that are not named form one more side. */
  partition(...sides: readonly (readonly string[])[]): void {
    for (const board of sides.flat()) this.#host(board);
    this.#parts.sim.partition(...sides);
  }

  /** Mends every cut, and plugs in all boards. */
  heal(): void {
    this.#parts.sim.heal();
  }

  /** Ends the run. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const board of this.#parts.boards) this.#parts.sim.host(board).powerOff();
    return Promise.resolve();
  }

  #host(board: string): ReturnType<Simulation["host"]> {
    const { sim, boards } = this.#parts;
    if (!boards.includes(board))
      throw new Error(`there is no board ${board}; there are ${boards.join(", ")}`);
    return sim.host(board);
  }

  #actorNames(): string {
    return this.#parts.actors.map(({ board, actor }) => `${board}/${actor}`).join(", ");
  }

  #read<M>(
    side: "sent" | "handled",
    type: MessageType<M>,
    at: string | undefined,
  ): readonly Passage<M>[] {
    const lines = this.#parts.journal.read(side, type, { port: at ?? "" });
    return lines.map(({ port, atUtcUs, message }) => ({ port, atUtcUs, message }));
  }

  #refuseFailures(): void {
    const [first] = this.#parts.failures;
    if (first === undefined || !this.#parts.failuresFail) return;
    const { board, actor, error } = first;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${board}/${actor} failed: ${reason}`, { cause: error });
  }
}

function fits<M>(message: M, wanted: Partial<M> | ((message: M) => boolean)): boolean {
  if (typeof wanted === "function") return wanted(message);
  return Object.entries(wanted).every(([name, value]) =>
    isDeepStrictEqual((message as Readonly<Record<string, unknown>>)[name], value),
  );
}

function heardText(come: readonly Passage<unknown>[], nowUtcUs: number): string {
  if (come.length === 0) return "none came";
  const lines = come
    .slice(-SHOWN_MAX)
    .map(
      ({ port, atUtcUs, message }) =>
        `${Math.round((nowUtcUs - atUtcUs) / 1000)} ms ago at ${port}: ${inspect(message)}`,
    );
  const more = come.length > lines.length ? `${come.length} came, the last:` : "there came:";
  return `${more}\n  ${lines.join("\n  ")}`;
}
