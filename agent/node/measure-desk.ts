import type { ComponentMeasure } from "../actor/port-counters.ts";
import type { ToActor, ToAgent } from "../actor/protocol.ts";
import type { Enforcement, ResourceUsage } from "../core/resources.ts";
import type { Child } from "../core/spawner.ts";
import { type Deferred, deferred } from "../core/waiting.ts";
import type { World } from "../core/world.ts";
import type { ActorInstance } from "../model/instances.ts";

/** How long actors have to answer, in ms: who hangs is left out. */
const ANSWER_MS_MAX = 400;
/** Who asks again within this time gets the same answer: several may watch at once. */
const FRESH_MS = 200;

type Measures = Extract<ToAgent, { kind: "measures" }>;

/** One running crew, as the desk asks it. */
interface CrewPlace {
  readonly child: Child;
  readonly actors: readonly ActorInstance[];
  readonly send: (actor: string, message: ToActor) => void;
}

/** What is known of one actor at one moment; plain data. */
export interface ActorMeasure {
  readonly actor: string;
  readonly application: string;
  readonly pid: number;
  /** Of its process, which it may share; null: the system does not say. */
  readonly cpuMs: number | null;
  readonly memoryBytes: number | null;
  /** Those that answered in time. */
  readonly components: readonly ComponentMeasure[];
}

/** What a crew's supervisor has of the desk. */
export interface CrewMeasured {
  heard(actor: string, message: Measures): void;
  /** The program has ended. */
  leave(): Promise<void>;
}

/**
 * Asks the actors of a board what passes through their ports, when somebody wants to know, and never else.
 * Invariants: at most one question is under way; an answer takes at most ANSWER_MS_MAX.
 */
export class MeasureDesk {
  readonly #world: Pick<World, "clock" | "resources">;
  readonly #crews = new Set<CrewAnswers>();
  #lastNumber = 0;
  #answer: Promise<readonly ActorMeasure[]> | undefined;
  #isAsking = false;
  #askedMs = -Infinity;

  constructor(world: Pick<World, "clock" | "resources">) {
    this.#world = world;
  }

  /** A program has started. */
  join(place: CrewPlace): CrewMeasured {
    const crew = new CrewAnswers(this.#world, place);
    this.#crews.add(crew);
    return {
      heard: (actor, message) => crew.heard(actor, message),
      leave: async () => {
        this.#crews.delete(crew);
        await crew.close();
      },
    };
  }

  /** What passes through the ports of all actors now, and what their processes use. */
  measure(): Promise<readonly ActorMeasure[]> {
    const nowMs = this.#world.clock.monotonicMs();
    const isFresh = this.#isAsking || nowMs - this.#askedMs < FRESH_MS;
    if (this.#answer !== undefined && isFresh) return this.#answer;
    this.#askedMs = nowMs;
    this.#lastNumber += 1;
    this.#answer = this.#ask(this.#lastNumber);
    return this.#answer;
  }

  /** To whom the ports of all actors connect, and how far they have come; handlers are not timed. */
  async links(): Promise<readonly ActorMeasure[]> {
    while (this.#isAsking) await this.#answer;
    this.#askedMs = -Infinity;
    this.#lastNumber += 1;
    this.#answer = this.#ask(this.#lastNumber, true);
    return this.#answer;
  }

  async #ask(number: number, hasLinks = false): Promise<readonly ActorMeasure[]> {
    this.#isAsking = true;
    const all = [...this.#crews].map((crew) => crew.ask(number, hasLinks));
    const answers = await Promise.all(all);
    this.#isAsking = false;
    return answers.flat();
  }
}

/** The answers of one crew. */
class CrewAnswers {
  readonly #world: Pick<World, "clock" | "resources">;
  readonly #place: CrewPlace;
  readonly #components = new Map<string, ComponentMeasure[]>();
  #number = 0;
  #complete: Deferred<void> = deferred();
  #watched: Promise<Enforcement> | undefined;

  constructor(world: Pick<World, "clock" | "resources">, place: CrewPlace) {
    this.#world = world;
    this.#place = place;
  }

  heard(actor: string, { number, components }: Measures): void {
    if (number !== this.#number) return;
    this.#components.get(actor)?.push(...components);
    if (this.#isComplete()) this.#complete.resolve();
  }

  async ask(number: number, hasLinks: boolean): Promise<readonly ActorMeasure[]> {
    const { actors, child, send } = this.#place;
    this.#number = number;
    this.#complete = deferred();
    for (const { instanceName } of actors) this.#components.set(instanceName, []);
    for (const { instanceName } of actors)
      send(instanceName, { kind: "measure", number, ...(hasLinks ? { hasLinks } : {}) });
    const late = new AbortController();
    const usage = this.#usage();
    await Promise.race([
      this.#complete.promise,
      this.#world.clock.sleep(ANSWER_MS_MAX, late.signal),
    ]);
    late.abort();
    this.#number = 0;
    const { cpuMs = null, memoryBytes = null } = (await usage) ?? {};
    return actors.map(({ instanceName: actor, appName: application }) => ({
      ...{ actor, application, pid: child.pid, cpuMs, memoryBytes },
      components: this.#components.get(actor) ?? [],
    }));
  }

  async close(): Promise<void> {
    this.#number = 0;
    this.#complete.resolve();
    await (await this.#watched)?.[Symbol.asyncDispose]();
  }

  /** Without limits nothing is held, only looked at. */
  async #usage(): Promise<ResourceUsage | undefined> {
    const { pid, name } = this.#place.child;
    this.#watched ??= this.#world.resources.enforce({ pid, name }, {});
    return (await this.#watched).usage();
  }

  #isComplete(): boolean {
    return this.#place.actors.every(
      ({ instanceName, components }) =>
        (this.#components.get(instanceName)?.length ?? 0) >= components.length,
    );
  }
}
