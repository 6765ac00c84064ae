import type { Ins } from "../component/ports.ts";
import type { InnerThread } from "../component/thread.ts";
import type { Child, Exit } from "../core/spawner.ts";
import type { FromInnerThread, InnerThreadOptions, ToInnerThread } from "./inner-thread.ts";
import type { PortOwner } from "./opened-port.ts";
import { endError } from "./worker-host.ts";

/** From the signal to the kill when a device is stopped, in ms: less than what an actor gets for its own end. */
const STOP_MS_MAX = 2_000;

type AnyThread = InnerThread<Readonly<Record<string, Ins<unknown, unknown>>>, string, unknown>;

/** The threads of a component that talk with it through one inside port. */
export class InsidePort implements AsyncDisposable {
  /** Of the component's code. */
  readonly threadNames: readonly string[];
  readonly #owner: PortOwner;
  readonly #port: Ins<unknown, unknown>;
  readonly #name: string;
  readonly #deliver: (message: unknown, thread: string) => void;
  readonly #running = new Map<string, Child>();
  #isStopping = false;
  #lastError: Error | undefined;
  /** Messages to threads; those that had too many waiting; and frames of theirs that were of no use. */
  sentCount = 0;
  lostCount = 0;
  malformedCount = 0;

  /** `deliver` takes what the threads send up. */
  constructor(
    owner: PortOwner,
    port: Ins<unknown, unknown>,
    name: string,
    deliver: (message: unknown, thread: string) => void,
  ) {
    this.#owner = owner;
    this.#port = port;
    this.#name = name;
    this.#deliver = deliver;
    const threads = (owner.component.definition.threads ?? {}) as Readonly<
      Record<string, AnyThread>
    >;
    const own = Object.entries(threads).filter(([, thread]) => thread.port === name);
    this.threadNames = own.map(([thread]) => thread);
  }

  /** Starts the threads, each once. */
  start(): void {
    for (const thread of this.threadNames) this.#run(thread);
  }

  /**
   * Sends to the thread of this name, or to all; false when no such thread runs.
   * @throws AgentError MESSAGE_MALFORMED when `message` is not of the port's type.
   */
  readonly send = (message: unknown, thread?: string): boolean => {
    const frame = this.#port.down.encode(message);
    let isSent = false;
    for (const [name, child] of this.#running) {
      if (thread !== undefined && thread !== name) continue;
      this.#owner.world.activity.sent(1);
      child.channel.send({ frame } satisfies ToInnerThread);
      this.sentCount += 1;
      isSent = true;
    }
    return isSent;
  };

  /** Stops the threads; those that do not listen are killed. @throws Error when one failed meanwhile. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    const { clock } = this.#owner.world;
    const children = [...this.#running.values()];
    const ended = new AbortController();
    for (const child of children) child.stop();
    void clock.sleep(STOP_MS_MAX, ended.signal).then(() => {
      if (!ended.signal.aborted) for (const child of children) child.kill();
    });
    await Promise.all(children.map(({ exited }) => exited));
    ended.abort();
    const error = this.#lastError;
    this.#lastError = undefined;
    if (error !== undefined) throw error;
  }

  #run(name: string): void {
    const { world, component } = this.#owner;
    const { actor, model, codeUrl } = component;
    const fullName = `${actor.instanceName}/${model.name}/${name}`;
    const child = world.spawner.spawn({
      ...{ in: "thread", program: "inside", name: `${actor.board}/${fullName}` },
      options: {
        ...{ appName: actor.appName, componentType: model.componentType },
        ...{ parameters: model.parameters, thread: name, name: fullName },
        ...(codeUrl === undefined ? {} : { codeUrl }),
      } satisfies InnerThreadOptions,
    });
    this.#running.set(name, child);
    let isDone = false;
    child.channel.receive((raw) => {
      const told = raw as FromInnerThread;
      if (told.kind === "up") this.#arrived(name, told.frame);
      else if (told.kind === "done") isDone = true;
      else this.#lost(name, told.count);
    });
    void child.exited.then((exit) => {
      this.#running.delete(name);
      if (!isDone) this.#ended(name, exit);
    });
  }

  #arrived(thread: string, frame: Uint8Array): void {
    const message = this.#port.up.decode(frame);
    // Delivered before it counts as received: logical time has to see the work first.
    if (message === undefined) this.malformedCount += 1;
    else this.#deliver(message, thread);
    this.#owner.world.activity.received(1);
  }

  #lost(thread: string, count: number): void {
    const { world, scheduler } = this.#owner;
    this.lostCount += count;
    world.log.write("warn", "thread-messages-lost", { thread, count });
    scheduler.unsent(this.#name, count);
  }

  #ended(thread: string, exit: Exit): void {
    const { world } = this.#owner;
    if (!this.#isStopping) void this.#fault(`thread ${thread}`, endError(exit));
    else if (exit.kind === "failed") this.#lastError = endError(exit);
    else if (exit.kind === "killed") world.log.write("warn", "thread-killed", { thread });
  }

  /** As if a handler of this name had thrown: the component says what follows. */
  async #fault(handler: string, error: Error): Promise<void> {
    const { scheduler, component } = this.#owner;
    const end = await scheduler.event(handler, () => {
      throw error;
    });
    if (end === "never") component.failed(error);
  }
}
