import type { DeadlineMiss, Notice } from "../component/life.ts";
import type { Port, Ports } from "../component/ports.ts";
import { Scheduler } from "../component/scheduler.ts";
import { AgentError } from "../core/errors.ts";
import type { PortInstance } from "../model/instances.ts";
import { type ContextParts, contextOf } from "./component-context.ts";
import { handlerFaults, unfitness } from "./fit.ts";
import { HandlerTable } from "./handler-table.ts";
import { openPort } from "./open-port.ts";
import type { OpenedPort } from "./opened-port.ts";
import { type ComponentMeasure, type PortCounters, TIMED_MS } from "./port-counters.ts";
import { placeOf, portKey, type ServingPlace } from "./port-place.ts";

/** What the host of one component is given. */
export interface ComponentHostParts extends ContextParts {
  /** Module of the application's code; undefined: it is of this build. */
  readonly codeUrl?: string | undefined;
  /** Told once, when a handler throws and the component gives up. */
  readonly failed: (error: unknown) => void;
  /** Told after each handler of a message, an event or news. */
  readonly handled?: () => void;
  /** Whether components of this actor run in other threads or processes; default: whether its model says so. */
  readonly isSpread?: boolean;
  /** Monotonic time after which a running handler is reported; default HANG_MS. */
  readonly hangMs?: number;
}

/** The agent hears of a port's late handlers at most once in this time; all of them are counted. */
const LATE_PAUSE_MS = 1_000;

/** Hosts one component: its ports, its scheduler, its contracts. */
export class ComponentHost implements AsyncDisposable {
  readonly #parts: ComponentHostParts;
  readonly #scheduler: Scheduler;
  readonly #ports = new Map<string, OpenedPort>();
  /** Providers told last, by port. */
  readonly #peerCounts = new Map<string, number>();
  #handlers = new HandlerTable({});
  #isActive = false;
  #isPauseWanted = false;
  #restore: (() => unknown) | undefined;
  #deactivated: Promise<void> | undefined;
  /** When the agent heard of a port's late handlers last, by port. */
  readonly #lateToldMs = new Map<string, number>();

  private constructor(parts: ComponentHostParts) {
    this.#parts = parts;
    const { world, model, hangMs, failed, handled } = parts;
    this.#scheduler = new Scheduler({
      clock: world.clock,
      activity: world.activity,
      order: model.scheduler,
      ...(hangMs === undefined ? {} : { hangMs }),
      reports: {
        failed,
        handled: () => handled?.(),
        threw: (handler, error) => this.#threw(handler, error),
        hangs: (handler, runningMs) => this.#hangs(handler, runningMs),
        late: (miss) => this.#late(miss),
        lost: (loss) => this.#news("handleLoss", loss),
      },
    });
  }

  /**
   * Opens all ports; nothing is handled before `activate`.
   * @throws AgentError COMPONENT_UNFIT when code and model differ, COMPONENT_OPTION_INVALID.
   */
  static async open(parts: ComponentHostParts): Promise<ComponentHost> {
    const { definition, model } = parts;
    requireFit(model.name, unfitness(definition, model));
    const host = new ComponentHost(parts);
    try {
      await host.#open();
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
    return host;
  }

  get name(): string {
    return this.#parts.model.name;
  }

  /** What passed through each port, by its name. */
  counters(): Readonly<Record<string, PortCounters>> {
    return Object.fromEntries([...this.#ports].map(([name, port]) => [name, port.counters()]));
  }

  /** What passed through its ports; from now on its handlers are timed for TIMED_MS. */
  measure(): ComponentMeasure {
    this.#scheduler.timeHandlers(TIMED_MS);
    const ports = [...this.#ports].map(([port, opened]) => {
      const kind = this.#parts.model.ports.find(({ name }) => name === port)?.kind ?? "group";
      const peerCount = opened.follow === undefined ? null : (this.#peerCounts.get(port) ?? 0);
      return { port, kind, peerCount, ...opened.counters() };
    });
    return { component: this.name, ports };
  }

  /** Whether it has a state that outlives it. */
  get keepsState(): boolean {
    return this.#handlers.has("snapshot");
  }

  /** Before `activate`: what an earlier incarnation left; `refuse` is told when the component throws at it. */
  restoreFrom(state: unknown, refuse: () => void): void {
    this.#restore = async () => {
      try {
        await this.#handlers.call("restore", state);
      } catch (error) {
        refuse();
        throw error;
      }
    };
  }

  /** Runs `keep` with what the next incarnation gets, between two handlers; not at all when it is over. */
  async takeSnapshot(keep: (state: unknown) => void): Promise<void> {
    if (this.keepsState)
      await this.#scheduler.life("snapshot", () => keep(this.#handlers.call("snapshot")));
  }

  /** What the component says is wrong with it; undefined: nothing. Resolves when its turn comes. */
  async health(): Promise<string | undefined> {
    if (!this.#handlers.has("handleHealth")) return undefined;
    let answer: unknown = "it ended before it answered";
    await this.#scheduler.life("handleHealth", async () => {
      answer = await this.#handlers.call("handleHealth");
    });
    return answer === true ? undefined : `${this.name}: ${String(answer)}`;
  }

  /** Runs handleActivate as the first task, and starts the timers. */
  activate(): void {
    this.#isActive = true;
    // Before the first handler, which may talk to its threads.
    for (const { inside } of this.#ports.values()) inside?.start();
    const scheduler = this.#scheduler;
    const activate = (): unknown => this.#handlers.call("handleActivate");
    if (this.#restore === undefined) scheduler.start("handleActivate", activate);
    else {
      scheduler.start("restore", this.#restore);
      void scheduler.life("handleActivate", activate);
    }
    if (this.#isPauseWanted) this.pause();
    for (const { timer } of this.#ports.values()) timer?.start();
  }

  /** Lets the running handler end, then runs handlePassivate; nothing more is handled until `resume`. */
  pause(): void {
    this.#isPauseWanted = true;
    if (this.#isActive)
      this.#scheduler.pause("handlePassivate", () => this.#handlers.call("handlePassivate"));
  }

  /** Runs handleResume, then what waited. */
  resume(): void {
    this.#isPauseWanted = false;
    this.#scheduler.resume("handleResume", () => this.#handlers.call("handleResume"));
  }

  /** Hands news from the board to the component, if it has a handler for them. */
  notice(notice: Notice): void {
    switch (notice.kind) {
      case "nic":
        this.#news("handleNicStateChange", notice.name, notice.isUp);
        break;
      case "peer":
        this.#news("handlePeerStateChange", notice.board, notice.isUp);
        break;
      case "limit":
        this.#news(LIMIT_HANDLERS[notice.resource], notice);
        break;
    }
  }

  /** Tells a port its providers. */
  peers(port: string, endpoints: readonly string[]): void {
    this.#peerCounts.set(port, endpoints.length);
    this.#ports.get(port)?.follow?.(endpoints);
  }

  /**
   * Stops the timers, handles what waits, and runs handleDeactivate. Ports stay open: a last snapshot
   * may be taken afterwards.
   */
  deactivate(): Promise<void> {
    this.#deactivated ??= this.#deactivate();
    return this.#deactivated;
  }

  /** Deactivates, and closes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.deactivate();
    await this.#scheduler.close();
    for (const { close } of this.#ports.values()) await close?.[Symbol.asyncDispose]();
  }

  async #deactivate(): Promise<void> {
    for (const { timer } of this.#ports.values()) timer?.[Symbol.dispose]();
    if (this.#isActive)
      await this.#scheduler.stop("handleDeactivate", () => this.#handlers.call("handleDeactivate"));
  }

  async #open(): Promise<void> {
    const { definition, model } = this.#parts;
    const ports = definition.ports as Ports;
    for (const each of model.ports) {
      const port = ports[each.name];
      if (port !== undefined) await this.#openPort(each, port);
    }
    const options: unknown = definition.options(model.parameters);
    const calls = [...this.#ports].map(([name, { call }]) => [name, call] as const);
    const context = await contextOf(this.#parts, Object.fromEntries(calls), {
      scheduler: this.#scheduler,
      handlers: () => this.#handlers,
      opened: (name, port) => this.#ports.set(name, port),
    });
    const handlers = definition.setup(context, options);
    requireFit(model.name, handlerFaults(ports, handlers));
    this.#handlers = new HandlerTable(handlers);
  }

  async #openPort(model: PortInstance, port: Port): Promise<void> {
    const { tell, world, actor, isSpread } = this.#parts;
    const name = `${this.name}/${model.name}`;
    const place: ServingPlace = placeOf(actor, model, name, isSpread);
    const opened = await openPort(
      {
        world,
        scheduler: this.#scheduler,
        handle: (handler, one, two, three) => this.#handlers.call(handler, one, two, three),
        ...place,
        component: this.#parts,
      },
      port,
      model,
    );
    this.#ports.set(model.name, opened);
    const key = portKey(actor, model, port);
    if (opened.endpoint !== undefined) tell({ kind: "provide", key, endpoint: opened.endpoint });
    if (opened.follow !== undefined) tell({ kind: "require", port: name, key });
  }

  /** Runs a handler for news, if the component has it. */
  #news(handler: string, one: unknown, two?: unknown): void {
    if (this.#handlers.has(handler))
      this.#scheduler.news(handler, () => this.#handlers.call(handler, one, two));
  }

  #threw(handler: string, error: unknown): "go-on" | "give-up" {
    const { tell, world, actor } = this.#parts;
    const component = this.name;
    const reason = String(error);
    const facts = { actor: actor.instanceName, component, handler, reason };
    world.log.write("error", "handler-threw", facts);
    if (this.#verdict(handler, error) !== "go-on") return "give-up";
    tell({ kind: "fault", component, handler, reason });
    return "go-on";
  }

  #verdict(handler: string, error: unknown): unknown {
    try {
      return this.#handlers.call("handleFault", { handler, error });
    } catch (another) {
      // Who cannot say what is to be done cannot go on.
      const { world, actor } = this.#parts;
      const facts = { actor: actor.instanceName, component: this.name, reason: String(another) };
      world.log.write("error", "fault-handler-threw", facts);
      return "give-up";
    }
  }

  #hangs(handler: string, runningMs: number): void {
    const { tell, world, actor } = this.#parts;
    const component = this.name;
    const facts = { actor: actor.instanceName, component, handler, runningMs };
    world.log.write("warn", "handler-hangs", facts);
    tell({ kind: "hang", component, handler, runningMs });
  }

  #late(miss: DeadlineMiss): void {
    const { port, lateMs } = miss;
    const { tell, world } = this.#parts;
    const nowMs = world.clock.monotonicMs();
    if (nowMs - (this.#lateToldMs.get(port) ?? -Infinity) >= LATE_PAUSE_MS) {
      this.#lateToldMs.set(port, nowMs);
      tell({ kind: "deadline", component: this.name, port, lateMs });
    }
    if (this.#handlers.has("handleDeadline"))
      this.#scheduler.aside("handleDeadline", () => this.#handlers.call("handleDeadline", miss));
  }
}

const LIMIT_HANDLERS = {
  cpu: "handleCpuLimit",
  memory: "handleMemLimit",
  space: "handleSpcLimit",
  network: "handleNetLimit",
} as const;

function requireFit(component: string, faults: readonly string[]): void {
  if (faults.length > 0)
    throw new AgentError("COMPONENT_UNFIT", { component, faults: faults.join("; ") });
}
