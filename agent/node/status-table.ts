import type { Json } from "../core/rpc.ts";
import type { NodeMessage } from "./node-options.ts";

/** How an actor is. */
export type ActorState = "waiting" | "starting" | "active" | "hanging" | "ended" | "given-up";

interface ActorStatus {
  state: ActorState;
  readonly application: string;
  pid: number | null;
  /** When its program began or was taken over, in monotonic ms. */
  sinceMs: number;
  /** Starts and takeovers, this one included. */
  startCount: number;
  incidentCount: number;
  /** Why it ended last. */
  lastReason: string | null;
}

/**
 * What an agent knows of its actors and of other boards, put together from what it tells. Pure.
 * Invariant: bounded by the actors of the deployment and the boards that are there.
 */
export class StatusTable {
  readonly #actors = new Map<string, ActorStatus>();
  readonly #boards = new Set<string>();
  readonly #nowMs: () => number;

  /** `actors` are those of this board; `nowMs` is monotonic. */
  constructor(
    actors: readonly { readonly instanceName: string; readonly appName: string }[],
    nowMs: () => number,
  ) {
    this.#nowMs = nowMs;
    this.add(actors);
  }

  /** An application with these actors is started; what was known of actors of these names is not. */
  add(actors: readonly { readonly instanceName: string; readonly appName: string }[]): void {
    for (const { instanceName, appName: application } of actors)
      this.#actors.set(instanceName, {
        ...{ state: "waiting", application, pid: null, sinceMs: this.#nowMs() },
        ...{ startCount: 0, incidentCount: 0, lastReason: null },
      });
  }

  /** The application of these actors is not of this board any more. */
  remove(actors: readonly string[]): void {
    for (const actor of actors) this.#actors.delete(actor);
  }

  /** Other boards that are there, in alphabetical order. */
  get boards(): readonly string[] {
    return [...this.#boards].sort();
  }

  /** Takes in what the agent tells. */
  heard(message: NodeMessage): void {
    if (message.kind === "board-joined") this.#boards.add(message.board);
    else if (message.kind === "board-gone") this.#boards.delete(message.board);
    else if ("actor" in message) {
      const actor = this.#actors.get(message.actor);
      if (actor !== undefined) this.#actorHeard(actor, message);
    }
  }

  /** The actors of this board, in the order of the deployment. */
  get actors(): readonly Json[] {
    const nowMs = this.#nowMs();
    return [...this.#actors].map(([actor, { sinceMs, ...status }]) => {
      const runs = status.pid !== null;
      return { actor, ...status, uptimeMs: runs ? Math.round(nowMs - sinceMs) : null };
    });
  }

  #actorHeard(actor: ActorStatus, message: Extract<NodeMessage, { readonly actor: string }>): void {
    switch (message.kind) {
      case "actor-started":
      case "actor-adopted":
        actor.state = "starting";
        actor.pid = message.pid;
        actor.sinceMs = this.#nowMs();
        actor.startCount += 1;
        break;
      case "actor-active":
      case "actor-recovered":
        actor.state = "active";
        break;
      case "actor-hangs":
        actor.state = "hanging";
        break;
      case "actor-incident":
        actor.incidentCount += 1;
        break;
      case "actor-ended":
        actor.state = "ended";
        actor.pid = null;
        actor.lastReason = message.reason;
        break;
      case "actor-given-up":
        actor.state = "given-up";
        break;
      case "actor-limit":
        break;
    }
  }
}
