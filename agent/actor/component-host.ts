import type { ContractType } from "../component/contract.ts";
import type { AnyDefinition } from "../component/define.ts";
import type { Hex, LedgerEvent, LedgerService } from "../component/ledger-service.ts";
import { Mailbox } from "../component/mailbox.ts";
import type { Port, Ports } from "../component/ports.ts";
import { AgentError } from "../core/errors.ts";
import type { World } from "../core/world.ts";
import type { ActorInstance, ComponentInstance, PortInstance } from "../model/instances.ts";
import { bindContract } from "./contract-binding.ts";
import { unfitness } from "./fit.ts";
import { bindGroups } from "./group-binding.ts";
import { type OpenedPort, openPort } from "./open-port.ts";
import type { ToAgent } from "./protocol.ts";
import { providerKey } from "./provider-key.ts";

/** What the host of one component is given. */
export interface ComponentHostParts {
  readonly world: World;
  readonly actor: ActorInstance;
  readonly model: ComponentInstance;
  readonly definition: AnyDefinition;
  readonly ledger: LedgerService;
  readonly tell: (message: ToAgent) => void;
  /** Told once, when a handler throws. */
  readonly failed: (error: unknown) => void;
  readonly signal: AbortSignal;
}

type AnyContext = Parameters<AnyDefinition["setup"]>[0];
type Handler = (...args: unknown[]) => unknown;
type Handlers = Readonly<Record<string, Handler | undefined>>;
type EventTable = Readonly<Record<string, Handlers | undefined>>;

/** Hosts one component: its ports, its mailbox, its contracts. */
export class ComponentHost implements AsyncDisposable {
  readonly #parts: ComponentHostParts;
  readonly #mailbox: Mailbox;
  readonly #ports = new Map<string, OpenedPort>();
  #handlers: Handlers = {};
  /** By contract port, then by event. */
  #eventHandlers: EventTable = {};
  #activated = false;

  private constructor(parts: ComponentHostParts) {
    this.#parts = parts;
    this.#mailbox = new Mailbox(parts.world.activity, parts.failed);
  }

  /**
   * Opens all ports; nothing is handled before `activate`.
   * @throws AgentError COMPONENT_UNFIT when code and model differ, COMPONENT_OPTION_INVALID.
   */
  static async open(parts: ComponentHostParts): Promise<ComponentHost> {
    const { definition, model } = parts;
    const faults = unfitness(definition, model);
    if (faults.length > 0)
      throw new AgentError("COMPONENT_UNFIT", { component: model.name, faults: faults.join("; ") });
    const host = new ComponentHost(parts);
    for (const port of model.ports) await host.#open(port, definition.ports as Ports);
    const options: unknown = definition.options(model.parameters);
    const { events, ...handlers } = definition.setup(await host.#context(), options);
    host.#handlers = handlers as unknown as Handlers;
    host.#eventHandlers = (events ?? {}) as EventTable;
    return host;
  }

  get name(): string {
    return this.#parts.model.name;
  }

  /** Runs handleActivate as the first task, and starts the timers. */
  activate(): void {
    this.#activated = true;
    this.#mailbox.start(async () => {
      await this.#handlers["handleActivate"]?.();
    });
    for (const { timer } of this.#ports.values()) timer?.start();
  }

  /** Tells a port its providers. */
  peers(port: string, endpoints: readonly string[]): void {
    this.#ports.get(port)?.follow?.(endpoints);
  }

  /** Runs handleDeactivate as the last task and closes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { timer } of this.#ports.values()) timer?.cancel();
    if (this.#activated)
      await this.#mailbox.ask(async () => {
        await this.#handlers["handleDeactivate"]?.();
      });
    await this.#mailbox.close();
    for (const { close } of this.#ports.values()) await close?.[Symbol.asyncDispose]();
  }

  #handle(name: string, ...args: unknown[]): unknown {
    return this.#handlers[`on_${name}`]?.(...args);
  }

  async #open(model: PortInstance, ports: Ports): Promise<void> {
    const port = ports[model.name];
    if (port === undefined) return; // unfitness has reported it
    const opened = await openPort(
      {
        world: this.#parts.world,
        post: (task) => this.#mailbox.post(task),
        handle: (name, argument) => this.#handle(name, argument),
      },
      port,
      model,
    );
    this.#ports.set(model.name, opened);
    const { tell } = this.#parts;
    const key = this.#key(model, port);
    const name = `${this.name}/${model.name}`;
    if (opened.endpoint !== undefined) tell({ kind: "provide", key, endpoint: opened.endpoint });
    if (opened.follow !== undefined) tell({ kind: "require", port: name, key });
  }

  #key(model: PortInstance, port: Port): string {
    const { actor } = this.#parts;
    const place = { app: actor.appName, board: actor.board, actor: actor.instanceName };
    const scope = "scope" in model ? model.scope : "internal";
    const kind = port.kind === "pub" || port.kind === "sub" ? "pub" : "srv";
    if ("message" in port) return providerKey(place, scope, kind, [port.message]);
    return providerKey(place, scope, kind, "request" in port ? [port.request, port.reply] : []);
  }

  async #context(): Promise<AnyContext> {
    const { world, definition, ledger, actor } = this.#parts;
    // One account an actor: its components act for one party.
    const account = actor.instanceName;
    const types = Object.entries((definition.contracts ?? {}) as Record<string, ContractType>);
    const calls = [...this.#ports].map(([name, { call }]) => [name, call]);
    return {
      name: `${account}/${this.name}`,
      clock: world.clock,
      random: world.random,
      assets: world.assets,
      port: Object.fromEntries(calls) as AnyContext["port"],
      contract: Object.fromEntries(
        types.map(([port, type]) => [port, this.#contract(account, port, type)]),
      ),
      account: {
        address: types.length > 0 ? await ledger.open(account) : "0x",
        transfer: (to: Hex, valueWei: bigint, key?: string) =>
          ledger.transfer(account, { to, valueWei, ...(key === undefined ? {} : { key }) }),
        signDigest: (digest: Uint8Array) => ledger.signDigest(account, digest),
      },
      group: bindGroups({
        ...this.#parts,
        component: this.name,
        mailbox: this.#mailbox,
        handler: (name) => this.#handlers[name],
        opened: (name, port) => this.#ports.set(name, port),
      }),
      log: (level, event, facts) => world.log.write(level, event, facts),
    };
  }

  #contract(account: string, port: string, type: ContractType): ReturnType<typeof bindContract> {
    const { ledger, signal } = this.#parts;
    return bindContract(type, {
      ledger,
      account,
      port: `${this.name}/${port}`,
      // Asked when the port is bound: by then setup has returned the handlers.
      events: () => Object.keys(this.#eventHandlers[port] ?? {}),
      deliver: async (event: LedgerEvent) => {
        const { blockNumber, logIndex, transactionHash } = event;
        const place = { blockNumber, logIndex, transactionHash };
        const outcome = await this.#mailbox.ask(async () => {
          await this.#eventHandlers[port]?.[event.name]?.(event.args, place);
        });
        // The actor is ending: an event that was not handled is for its next incarnation.
        if (outcome === "never") await new Promise(() => undefined);
      },
      signal,
    });
  }
}
