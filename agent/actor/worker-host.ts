import type { Child, Exit } from "../core/spawner.ts";
import { type Deferred, deferred } from "../core/waiting.ts";
import type { World } from "../core/world.ts";
import type { ActorInstance, ComponentInstance } from "../model/instances.ts";
import type { Addressed, CrewOptions, ToActor, ToAgent } from "./protocol.ts";
import type { StandingWord } from "./standing-word.ts";

/** What the host of a component in a thread is given. */
export interface WorkerHostParts {
  readonly world: World;
  readonly actor: ActorInstance;
  readonly model: ComponentInstance;
  /** The crew that the actor is of. */
  readonly crew: CrewOptions;
  readonly send: (message: ToAgent) => void;
  /** Remembers what the actor has told its agent and still holds. */
  readonly word: StandingWord;
  /** Numbers calls and readers; shared with all others of the actor that ask the ledger. */
  readonly nextId: () => number;
  /** Told once, when the component ends in any way that it was not asked for. */
  readonly failed: (error: unknown) => void;
}

type LedgerRequest = Extract<ToAgent, { kind: "ledger" | "follow" }>;

interface Asked {
  /** The thread's number. */
  readonly theirId: number;
  /** As it was sent to the agent. */
  readonly message: LedgerRequest;
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
  /** Calls and readers that wait for the ledger, by the actor's numbers. */
  readonly #asked = new Map<number, Asked>();
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
        const asked = this.#asked.get(message.callId);
        this.#asked.delete(message.callId);
        if (asked !== undefined) this.#send({ ...message, callId: asked.theirId });
        break;
      }
      case "event": {
        const asked = this.#asked.get(message.readerId);
        if (asked !== undefined) this.#send({ ...message, readerId: asked.theirId });
        break;
      }
      case "health":
        // The actor answers: that this component is active is all that is asked of it.
        break;
      case "ping":
        // Asks whether the actor's own loop turns; a component may compute here for as long as it likes.
        break;
      case "measure":
      case "notice":
      case "pause":
      case "resume":
        this.#send(message);
        break;
    }
  }

  /** Asks an agent that has taken over for all that waits, under the same numbers. */
  repeat(): void {
    for (const { message } of this.#asked.values()) this.#parts.send(message);
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
    const { send, word, nextId } = this.#parts;
    switch (message.kind) {
      case "active":
        this.#active.resolve();
        break;
      case "ledger": {
        const callId = nextId();
        this.#ask(callId, message.callId, { ...message, callId });
        break;
      }
      case "follow": {
        const readerId = nextId();
        this.#readerIds.set(message.readerId, readerId);
        this.#ask(readerId, message.readerId, { ...message, readerId });
        break;
      }
      case "event-done":
        send({ ...message, readerId: this.#readerIds.get(message.readerId) ?? message.readerId });
        break;
      case "measures":
        send(message);
        break;
      case "provide":
      case "withdraw":
      case "require":
      case "release":
      case "health":
      case "pong":
      case "fault":
      case "hang":
      case "deadline":
      case "traffic":
        word.tell(message);
        break;
    }
  }

  #ask(id: number, theirId: number, message: LedgerRequest): void {
    this.#asked.set(id, { theirId, message });
    this.#parts.send(message);
  }
}

/** An error that reads as what ended the thread: the agent sees it as if it had happened here. */
export function endError({ kind, reason }: Exit): Error {
  const said = kind === "failed" ? reason : `${kind}: ${reason}`;
  const error = new Error(said.split("\n")[0]);
  // The reason says already what kind of error it was, and where.
  error.name = "";
  error.stack = said;
  return error;
}
