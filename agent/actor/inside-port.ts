import type { AnyDefinition } from "../component/define.ts";
import type { Ins } from "../component/ports.ts";
import type { InnerThread } from "../component/thread.ts";
import type { Child, Exit } from "../core/spawner.ts";
import type { World } from "../core/world.ts";
import type { ActorInstance, ComponentInstance, InsidePortInstance } from "../model/instances.ts";
import { TimerPort } from "../ports/timer-port.ts";
import type { FromInnerThread, InnerThreadOptions, ToInnerThread } from "./inner-thread.ts";
import { endError } from "./worker-host.ts";

/** The thread that a port without threads of its own hears, when the model says `default`. */
const DEFAULT_THREAD = "default";
const TICK_MS = 1000;
/** From the signal to the kill when a device is stopped, in ms: less than what an actor gets for its own end. */
const STOP_MS_MAX = 2000;

/** The component whose threads they are. */
export interface ThreadOwner {
  readonly actor: ActorInstance;
  readonly component: ComponentInstance;
  readonly definition: AnyDefinition;
  readonly codeUrl: string | undefined;
}

/** What an inside port needs of its component. */
export interface InsideOwner extends ThreadOwner {
  readonly world: World;
  /** Takes in what a thread sent up. */
  readonly deliver: (message: unknown, thread: string) => void;
  /** A thread failed: a fault of the component, under this name of a handler. */
  readonly fault: (handler: string, error: unknown) => void;
}

/** The component's end of an `inside` port, and the threads at its other end. */
export class InsidePort implements AsyncDisposable {
  readonly #owner: InsideOwner;
  readonly #port: Ins<unknown, unknown>;
  readonly #model: Pick<InsidePortInstance, "name" | "isDefault">;
  readonly #running = new Map<string, Child>();
  #ticker: TimerPort | undefined;
  #isStopping = false;
  /** Messages to threads that had too many waiting. */
  lostCount = 0;

  constructor(
    owner: InsideOwner,
    port: Ins<unknown, unknown>,
    model: Pick<InsidePortInstance, "name" | "isDefault">,
  ) {
    this.#owner = owner;
    this.#port = port;
    this.#model = model;
  }

  /** Starts the threads of the port, each once, or its ticker. */
  start(): void {
    const { definition, world } = this.#owner;
    const threads = Object.entries((definition.threads ?? {}) as AnyThreads);
    const own = threads.filter(([, { port }]) => port === this.#model.name);
    for (const [name] of own) this.#run(name);
    if (own.length > 0 || !this.#model.isDefault) return;
    this.#ticker = new TimerPort(world.clock, TICK_MS, (dueUtcUs) =>
      this.#owner.deliver({ dueUtcUs }, DEFAULT_THREAD),
    );
    this.#ticker.start();
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
      isSent = true;
    }
    return isSent;
  };

  /** Stops the threads; those that do not listen are killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    this.#ticker?.cancel();
    const { clock } = this.#owner.world;
    const children = [...this.#running.values()];
    const ended = new AbortController();
    for (const child of children) child.stop();
    void clock.sleep(STOP_MS_MAX, ended.signal).then(() => {
      if (!ended.signal.aborted) for (const child of children) child.kill();
    });
    await Promise.all(children.map(({ exited }) => exited));
    ended.abort();
  }

  #run(name: string): void {
    const { world, actor, component, codeUrl } = this.#owner;
    const fullName = `${actor.instanceName}/${component.name}/${name}`;
    const child = world.spawner.spawn({
      ...{ in: "thread", program: "inside", name: `${actor.board}/${fullName}` },
      options: {
        ...{ appName: actor.appName, componentType: component.componentType },
        ...{ parameters: component.parameters, thread: name, name: fullName },
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
    if (message !== undefined) this.#owner.deliver(message, thread);
    this.#owner.world.activity.received(1);
  }

  #lost(thread: string, count: number): void {
    this.lostCount += count;
    this.#owner.world.log.write("warn", "thread-messages-lost", { thread, count });
  }

  #ended(thread: string, exit: Exit): void {
    if (this.#isStopping && exit.kind === "killed")
      this.#owner.world.log.write("warn", "thread-killed", { thread });
    else if (exit.kind !== "stopped") this.#owner.fault(`thread ${thread}`, endError(exit));
  }
}

type AnyThreads = Readonly<
  Record<string, InnerThread<Readonly<Record<string, Ins<unknown, unknown>>>, string, unknown>>
>;
