import type { Child, Exit } from "../core/spawner.ts";
import { type Deferred, deferred } from "../core/waiting.ts";
import type { World } from "../core/world.ts";
import type { ActorInstance, ComponentInstance } from "../model/instances.ts";
import type { Addressed, CrewOptions, ToActor, ToAgent } from "./protocol.ts";

/** What the host of a component in a thread is given. */
export interface WorkerHostParts {
  readonly world: World;
  readonly actor: ActorInstance;
  readonly model: ComponentInstance;
  /** The crew that the actor is of. */
  readonly crew: CrewOptions;
  readonly tell: (message: ToAgent) => void;
  /** Numbers calls and readers; shared with all others of the actor that ask the ledger. */
  readonly nextId: () => number;
  /** Told once, when the component ends in any way that it was not asked for. */
  readonly failed: (error: unknown) => void;
}

/**
 * Hosts one component in a thread of its own, where it holds up nobody else.
 *
 * The thread runs the actor's own program with this component alone; what it and the agent say to each
 * other passes through here, so that neither can tell. A component that ends there ends the actor.
 */
export class WorkerHost implements AsyncDisposable {
  readonly name: string;
  /** Resolves when its ports exist and it is being activated. */
  readonly active: Promise<void>;
  readonly #parts: WorkerHostParts;
  readonly #child: Child;
  readonly #active: Deferred<void> = deferred();
  /** The thread's number of a call or a reader, by the actor's. */
  readonly #theirIds = new Map<number, number>();
  /** The actor's number of a reader, by the thread's. */
  readonly #readerIds = new Map<number, number>();
  #isStopping = false;

  /** Starts the thread. */
  constructor(parts: WorkerHostParts) {
    const { world, actor, model, crew } = parts;
    this.#parts = parts;
    this.name = model.name;
    this.active = this.#active.promise;
    const alone = { ...actor, components: [{ ...model, inWorker: false }] };
    this.#child = world.spawner.spawn({
      ...{ in: "thread", program: "actor" },
      name: `${actor.board}/${actor.instanceName}/${model.name}`,
      options: { ...crew, actors: [alone] } satisfies CrewOptions,
    });
    this.#child.channel.receive((raw) => this.#told((raw as Addressed<ToAgent>).message));
    void this.#child.exited.then((exit) => {
      if (!this.#isStopping) parts.failed(endError(exit));
    });
  }

  /** Hands on what the agent says, if it may concern this component. */
  receive(message: ToActor): void {
    switch (message.kind) {
      case "peers":
        if (message.port.startsWith(`${this.name}/`)) this.#send(message);
        break;
      case "ledger-result":
      case "ledger-fault": {
        const callId = this.#theirIds.get(message.callId);
        this.#theirIds.delete(message.callId);
        if (callId !== undefined) this.#send({ ...message, callId });
        break;
      }
      case "event": {
        const readerId = this.#theirIds.get(message.readerId);
        if (readerId !== undefined) this.#send({ ...message, readerId });
        break;
      }
      case "ping":
        // Asks whether the actor's own loop turns; a component may compute here for as long as it likes.
        break;
      case "notice":
      case "pause":
      case "resume":
        this.#send(message);
        break;
    }
  }

  /** Stops the component. @throws Error when it failed, or had to be killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    this.#child.stop();
    const exit = await this.#child.exited;
    if (exit.kind !== "stopped") throw endError(exit);
  }

  #send(message: ToActor): void {
    const actor = this.#parts.actor.instanceName;
    this.#child.channel.send({ actor, message } satisfies Addressed<ToActor>);
  }

  #told(message: ToAgent): void {
    const { tell } = this.#parts;
    switch (message.kind) {
      case "active":
        this.#active.resolve();
        break;
      case "ledger":
        tell({ ...message, callId: this.#numbered(message.callId) });
        break;
      case "follow": {
        const readerId = this.#numbered(message.readerId);
        this.#readerIds.set(message.readerId, readerId);
        tell({ ...message, readerId });
        break;
      }
      case "event-done":
        tell({ ...message, readerId: this.#readerIds.get(message.readerId) ?? message.readerId });
        break;
      case "provide":
      case "withdraw":
      case "require":
      case "release":
      case "pong":
      case "fault":
      case "hang":
      case "deadline":
        tell(message);
        break;
    }
  }

  #numbered(theirId: number): number {
    const id = this.#parts.nextId();
    this.#theirIds.set(id, theirId);
    return id;
  }
}

/** An error that reads as what ended the thread: the agent sees it as if it had happened here. */
export function endError({ kind, reason }: Exit): Error {
  const error = new Error(kind === "failed" ? reason : `${kind}: ${reason}`);
  error.stack = error.message;
  return error;
}
