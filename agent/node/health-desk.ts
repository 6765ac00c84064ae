import type { ToActor } from "../actor/protocol.ts";
import type { Clock } from "../core/clock.ts";
import { type Deferred, deferred } from "../core/waiting.ts";

type Send = (message: ToActor) => void;

/**
 * Asks actors whether they are as they should be.
 * Invariant: every question ends, with an answer, with the time, or with the actor's program.
 */
export class HealthDesk {
  readonly #clock: Clock;
  readonly #actors = new Map<string, Send>();
  readonly #asked = new Map<
    number,
    { readonly actor: string; readonly answer: Deferred<string | undefined> }
  >();
  #lastNumber = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The actor's program runs; `send` reaches it. */
  joins(actor: string, send: Send): void {
    this.#actors.set(actor, send);
  }

  /** The program that `send` reached has ended. */
  leaves(actor: string, send: Send): void {
    if (this.#actors.get(actor) !== send) return;
    this.#actors.delete(actor);
    for (const asked of this.#asked.values())
      if (asked.actor === actor) asked.answer.resolve("it ended before it answered");
  }

  /** Takes an answer in; one that nobody waits for is ignored. */
  answered(actor: string, number: number, fault: string | null): void {
    const asked = this.#asked.get(number);
    if (asked?.actor === actor) asked.answer.resolve(fault ?? undefined);
  }

  /** What is wrong with one of `actors`, in words; undefined when all say that nothing is. */
  async ask(actors: readonly string[], timeoutMs: number): Promise<string | undefined> {
    const faults = await Promise.all(actors.map((actor) => this.#askOne(actor, timeoutMs)));
    return faults.find((fault) => fault !== undefined);
  }

  async #askOne(actor: string, timeoutMs: number): Promise<string | undefined> {
    const send = this.#actors.get(actor);
    if (send === undefined) return `${actor}: it does not run`;
    const number = (this.#lastNumber += 1);
    const answer = deferred<string | undefined>();
    this.#asked.set(number, { actor, answer });
    const over = new AbortController();
    send({ kind: "health", number });
    void this.#clock
      .sleep(timeoutMs, over.signal)
      .then(() => answer.resolve(`no answer within ${timeoutMs} ms`));
    const fault = await answer.promise;
    over.abort();
    this.#asked.delete(number);
    return fault === undefined ? undefined : `${actor}/${fault}`;
  }
}
