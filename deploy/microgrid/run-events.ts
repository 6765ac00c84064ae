import type { RpcClient } from "../../agent/core/rpc.ts";
import type { Child } from "../../agent/core/spawner.ts";
import { deferred } from "../../agent/core/waiting.ts";
import type { NodeMessage } from "../../agent/node/node-options.ts";
import type { DayProgress, DayRecorder } from "./record-chain.ts";

/** What happens in the course of a run, for displays. */
export interface RunEvents {
  /** Something of the set-up, in words. */
  stage(text: string): void;
  actorsActive(count: number): void;
  /** A block was added to the ledger. */
  progressed(progress: DayProgress): void;
  /** Cluster time moves on. */
  advanced(utcUs: number): void;
}

/** Resolves with the ledger's address once it can be reached; rejects when it ends before. */
export function ledgerUrl(ledger: Child): Promise<string> {
  const ready = deferred<string>();
  ledger.channel.receive((message) => ready.resolve((message as { readonly url: string }).url));
  void ledger.exited.then(({ reason }) => ready.reject(new Error(`the ledger ended: ${reason}`)));
  return ready.promise;
}

/** Which actors of all boards are active, and under which process. */
export class ActorCount {
  readonly #active = new Set<string>();
  readonly #pids = new Map<string, number>();
  readonly #events: RunEvents;

  constructor(events: RunEvents) {
    this.#events = events;
  }

  /** Listens to a board's agent. */
  watch(node: Child): void {
    node.channel.receive((raw) => {
      const message = raw as NodeMessage;
      if (message.kind === "actor-started") this.#pids.set(message.actor, message.pid);
      else if (message.kind === "actor-active") this.#active.add(message.actor);
      else if (message.kind === "actor-ended") this.#active.delete(message.actor);
      else return;
      this.#events.actorsActive(this.#active.size);
    });
  }

  /** The process of an actor; undefined when it has none. */
  pidOf(actor: string): number | undefined {
    return this.#active.has(actor) ? this.#pids.get(actor) : undefined;
  }
}

/** Follows the ledger over as many connections as it takes. */
export async function followLedger(
  recorder: DayRecorder,
  connect: () => Promise<RpcClient>,
  signal: AbortSignal,
): Promise<void> {
  while ((await recorder.follow(signal)) === "lost") recorder.use(await connect());
}
