import { AgentError } from "../core/errors.ts";

/** Most events that the actions of a machine may send it while one event from outside is handled. */
export const OWN_EVENTS_MAX = 1_000;

type Awaitable<T> = T | Promise<T>;

/** One event; narrow on `kind`. */
export interface MachineEvent {
  readonly kind: string;
}

/** What follows an event. */
export interface Transition<C, S extends string, E> {
  /** Absent: the machine stays where it is, and neither leaves nor enters. */
  readonly to?: S;
  /** The guard; absent: always. */
  readonly when?: (context: C, event: E) => boolean;
  /** Runs after the old state is left and before the new one is entered. */
  readonly act?: (context: C, event: E) => Awaitable<void>;
}

type Transitions<C, S extends string, E> = Transition<C, S, E> | readonly Transition<C, S, E>[];

/** One state: what happens on its borders, and where its events lead. */
export interface MachineState<C, S extends string, E extends MachineEvent> {
  readonly enter?: (context: C) => Awaitable<void>;
  readonly leave?: (context: C) => Awaitable<void>;
  /** Of several transitions for one event the first whose guard holds is taken; only the last may have none. */
  readonly on?: { readonly [K in E["kind"]]?: Transitions<C, S, Extract<E, { readonly kind: K }>> };
}

/** A machine as it is written down. */
export interface MachineDefinition<C, S extends string, E extends MachineEvent> {
  readonly initial: S;
  readonly states: Readonly<Record<S, MachineState<C, S, E>>>;
  /** An event came for which the state has no transition, or none whose guard holds; default: it is ignored. */
  readonly unhandled?: (context: C, state: S, event: E) => Awaitable<void>;
}

/**
 * A finite state machine that a component drives from its handlers.
 *
 * Invariants: one transition at a time and to its end; an event that an action sends is handled when the
 * transition that sent it has ended. An action that throws leaves the machine in the state it was in,
 * forgets what waits, and the error goes to whoever sent the event. Source: Harel, "Statecharts" (1987),
 * without hierarchy.
 */
export class StateMachine<C, S extends string, E extends MachineEvent> {
  readonly #definition: MachineDefinition<C, S, E>;
  readonly #context: C;
  #state: S;
  #own: E[] = [];
  #isBusy = false;

  /** @throws AgentError STATE_MACHINE_INVALID when the definition leaves open what follows an event. */
  constructor(definition: MachineDefinition<C, S, E>, context: C) {
    requireClear(definition);
    this.#definition = definition;
    this.#context = context;
    this.#state = definition.initial;
  }

  get state(): S {
    return this.#state;
  }

  /** Enters the initial state. */
  async start(): Promise<void> {
    await this.#definition.states[this.#state].enter?.(this.#context);
  }

  /**
   * Handles `event`, and what its actions send; called by an action, it resolves at once.
   * @throws AgentError STATE_MACHINE_ENDLESS when they send more than OWN_EVENTS_MAX.
   */
  async send(event: E): Promise<void> {
    if (this.#isBusy) {
      this.#own.push(event);
      return;
    }
    this.#isBusy = true;
    try {
      let count = 0;
      for (let next: E | undefined = event; next !== undefined; next = this.#own.shift()) {
        if (count > OWN_EVENTS_MAX)
          throw new AgentError("STATE_MACHINE_ENDLESS", { state: this.#state, event: next.kind });
        count += 1;
        await this.#handle(next);
      }
    } finally {
      this.#own = [];
      this.#isBusy = false;
    }
  }

  async #handle(event: E): Promise<void> {
    const { states, unhandled } = this.#definition;
    const context = this.#context;
    const from = states[this.#state];
    const kind = event.kind as E["kind"];
    // The key says which events these transitions take, more than the compiler can follow.
    const choices = listOf(from.on?.[kind] as Transitions<C, S, E> | undefined);
    const taken = choices.find(({ when }) => when === undefined || when(context, event));
    if (taken === undefined) {
      await unhandled?.(context, this.#state, event);
      return;
    }
    if (taken.to !== undefined) await from.leave?.(context);
    await taken.act?.(context, event);
    if (taken.to === undefined) return;
    const old = this.#state;
    this.#state = taken.to;
    try {
      await states[taken.to].enter?.(context);
    } catch (error) {
      this.#state = old;
      throw error;
    }
  }
}

function listOf<C, S extends string, E>(
  transitions: Transitions<C, S, E> | undefined,
): readonly Transition<C, S, E>[] {
  if (transitions === undefined) return [];
  return Array.isArray(transitions)
    ? (transitions as readonly Transition<C, S, E>[])
    : [transitions as Transition<C, S, E>];
}

function requireClear<C, S extends string, E extends MachineEvent>(
  definition: MachineDefinition<C, S, E>,
): void {
  const { initial } = definition;
  const states = new Map(
    Object.entries(definition.states as Readonly<Record<string, MachineState<C, S, E>>>),
  );
  if (!states.has(initial)) throw invalid(initial, "", "there is no such state to begin in");
  for (const [state, { on = {} }] of states)
    for (const [event, transitions] of Object.entries(on)) {
      const list = listOf(transitions as Transitions<C, S, E>);
      if (list.slice(0, -1).some(({ when }) => when === undefined))
        throw invalid(state, event, "a transition without a guard hides those after it");
      for (const { to } of list)
        if (to !== undefined && !states.has(to))
          throw invalid(state, event, `there is no state ${to}`);
    }
}

function invalid(state: string, event: string, fault: string): AgentError {
  return new AgentError("STATE_MACHINE_INVALID", { state, event, fault });
}
