import type { PlayOptions } from "../actor/protocol.ts";
import type { Survivor } from "../core/spawner.ts";
import { type Deferred, deferred } from "../core/waiting.ts";
import type {
  ApplicationEvent,
  ApplicationHost,
  RunningApplication,
} from "../deployment/application-host.ts";
import { type ApplicationTexts, actorsOn } from "./application-files.ts";
import { type Crew, crewsOf, inheritanceOf } from "./crew-rule.ts";
import { dismissed, superviseCrew } from "./crew-supervisor.ts";
import type { NodeMessage } from "./node-options.ts";
import type { StatusTable } from "./status-table.ts";
import type { SupervisorParts } from "./supervisor-parts.ts";

/** What the applications of a board have in common. */
export interface ApplicationsOptions {
  readonly board: string;
  readonly lasting: boolean;
  /** Programs of an earlier agent: each application takes over what is its own. */
  readonly survivors: readonly Survivor[];
  /** Knows which actors there are to be. */
  readonly status: StatusTable;
}

/** An application as the agent runs it. */
export interface ApplicationCall {
  readonly texts: ApplicationTexts;
  /** See CrewOptions. */
  readonly codeUrl?: string | undefined;
  readonly assetsPath?: string | undefined;
  readonly record?: boolean | undefined;
  readonly play?: PlayOptions | undefined;
}

const HEALTH_TIMEOUT_MS = 5_000;

/**
 * The applications that run on this board: each is started, asked and stopped as one.
 * Invariant: an application that is stopped has no program left, and no two of them have an actor of one name.
 */
export class Applications implements ApplicationHost {
  readonly #parts: SupervisorParts;
  readonly #options: ApplicationsOptions;
  readonly #signal: AbortSignal;
  readonly #running = new Set<Running>();
  #survivors: readonly Survivor[];
  readonly #failed: Deferred<never> = deferred();

  /** `signal` stops them all. */
  constructor(parts: SupervisorParts, options: ApplicationsOptions, signal: AbortSignal) {
    this.#parts = parts;
    this.#options = options;
    this.#signal = signal;
    this.#survivors = options.survivors;
  }

  /** Rejects when the supervisor of an application fails: that is the agent's end. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Names of the actors that run here. */
  get actors(): readonly string[] {
    return [...this.#running].flatMap(({ actors }) => actors);
  }

  /** @throws AgentError MODEL_INVALID */
  actorsOf(texts: ApplicationTexts): readonly string[] {
    return actorsOn(texts, this.#options.board).map(({ instanceName }) => instanceName);
  }

  /**
   * Starts the actors that the deployment places here, or takes them over from an earlier agent.
   * @throws AgentError MODEL_INVALID
   */
  start(call: ApplicationCall, tell: (event: ApplicationEvent) => void = () => undefined): Running {
    const { board, lasting, status } = this.#options;
    const { texts, ...terms } = call;
    const actors = actorsOn(texts, board);
    status.add(actors);
    const crews = crewsOf(actors, { codeUrl: undefined, ...terms, lasting });
    const names = new Set(crews.map(({ call: { name } }) => name));
    const own = this.#survivors.filter((survivor) => names.has(survivor.call.name));
    this.#survivors = this.#survivors.filter((survivor) => !own.includes(survivor));
    const forget = (): void => status.remove(running.actors);
    const running = new Running(this.#partsFor(tell), { crews, own, forget }, this.#signal);
    this.#running.add(running);
    void running.ended.then(() => this.#running.delete(running), this.#failed.reject);
    return running;
  }

  /** How many programs of an earlier agent were taken over. */
  get keptCount(): number {
    return [...this.#running].reduce((sum, { keptCount }) => sum + keptCount, 0);
  }

  /** Resolves when all of them have said again what they provide. */
  get retold(): Promise<unknown> {
    return Promise.all([...this.#running].map(({ retold }) => retold));
  }

  /** Stops what an earlier agent left and nobody has taken over. */
  async dismissStrangers(): Promise<void> {
    const strangers = this.#survivors;
    this.#survivors = [];
    await dismissed(strangers);
  }

  /** Resolves when all have ended. */
  async ended(): Promise<void> {
    await Promise.all([...this.#running].map(({ ended }) => ended));
  }

  #partsFor(tell: (event: ApplicationEvent) => void): SupervisorParts {
    const told = (message: NodeMessage): void => {
      this.#parts.tell(message);
      if (message.kind === "actor-active") tell({ kind: "active", actor: message.actor });
      if (message.kind === "actor-ended")
        tell({ kind: "ended", actor: message.actor, reason: message.reason });
    };
    return { ...this.#parts, tell: told };
  }
}

interface RunningParts {
  readonly crews: readonly Crew[];
  readonly own: readonly Survivor[];
  /** Called when it has been stopped for good: its actors are none of this board any more. */
  readonly forget: () => void;
}

/** The crews of one application while they run. */
class Running implements RunningApplication {
  readonly actors: readonly string[];
  /** How many programs were taken over. */
  readonly keptCount: number;
  /** Resolves when all that was taken over has said again what it provides. */
  readonly retold: Promise<unknown>;
  readonly ended: Promise<unknown>;
  readonly #parts: SupervisorParts;
  readonly #forget: () => void;
  readonly #over = new AbortController();

  constructor(parts: SupervisorParts, { crews, own, forget }: RunningParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#forget = forget;
    this.actors = crews.flatMap((crew) => crew.actors.map(({ instanceName }) => instanceName));
    const { kept, unwanted } = inheritanceOf(crews, own);
    this.keptCount = kept.size;
    const stop = (): void => this.#over.abort();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const retellings: Promise<unknown>[] = [];
    const supervised = crews.map((crew) => {
      const { name } = crew.call;
      const { promise, resolve } = deferred<"retold">();
      if (kept.has(name)) retellings.push(promise);
      const retold = (): void => resolve("retold");
      const heritage = { kept: kept.get(name), unwanted: unwanted.get(name), retold };
      return superviseCrew(parts, crew, heritage, this.#over.signal);
    });
    this.retold = Promise.all(retellings);
    this.ended = Promise.all(supervised).finally(() => signal.removeEventListener("abort", stop));
  }

  askHealth(): Promise<string | undefined> {
    return this.#parts.health.ask(this.actors, HEALTH_TIMEOUT_MS);
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.ended;
    this.#forget();
  }
}
