// Components without an agent, for the tests of this room: each on a board of a simulation, connected as an agent
// would connect them, with everything they tell written down.
import type { AnyDefinition } from "../component/define.ts";
import type { World } from "../core/world.ts";
import { integer, record } from "../message/field.ts";
import { message } from "../message/message-type.ts";
import type { ActorInstance, ForeignLink, PortInstance, QueuePolicy } from "../model/instances.ts";
import { Simulation } from "../sim/simulation.ts";
import { ComponentHost, type ComponentHostParts } from "./component-host.ts";
import type { ToAgent } from "./protocol.ts";
import { FakeLedger, tinyActor } from "./tiny-app.contract.ts";

export const Ask = message("Ask", record({ number: integer(0, 100_000) }));
export const Told = message("Told", record({ square: integer(0, 1_000_000) }));

interface PortChanges {
  readonly index?: number;
  readonly timed?: boolean;
  readonly withinMs?: number;
  readonly queue?: QueuePolicy;
  readonly scope?: "global" | "local" | "internal";
}

const PLAIN = { index: 1, timed: false, withinMs: null, queue: null, scope: "global" } as const;

/** A port for messages of type Ask. */
export function messagePort(
  kind: "pub" | "sub",
  name: string,
  changes: PortChanges = {},
): PortInstance {
  return { ...PLAIN, kind, name, message: "Ask", ...changes };
}

/** A port for requests of type Ask and replies of type Told. */
export function pairPort(
  kind: "clt" | "srv" | "req" | "rep" | "qry" | "ans",
  name: string,
  changes: PortChanges = {},
): PortInstance {
  return { ...PLAIN, kind, name, request: "Ask", reply: "Told", ...changes };
}

/** A timer; null: sporadic. */
export function timerPort(
  name: string,
  periodMs: number | null,
  changes: { withinMs?: number } = {},
): PortInstance {
  return { kind: "timer", name, index: 1, periodMs, withinMs: null, queue: null, ...changes };
}

/** What a component is hosted with, beside its code and its ports. */
export interface Placing
  extends Partial<Pick<ComponentHostParts, "hangMs" | "handled" | "isSpread">> {
  readonly foreign?: readonly ForeignLink[];
  readonly world?: (world: World) => World;
}

export class Site {
  readonly sim = new Simulation({ seed: 1 });
  readonly told: ToAgent[] = [];
  readonly failures: unknown[] = [];
  readonly logged: string[] = [];
  readonly hosts: ComponentHost[] = [];
  readonly #requirers: { readonly key: string; readonly host: string; readonly port: string }[] =
    [];
  readonly #providers: { readonly key: string; readonly endpoint: string }[] = [];

  /** Opens a component under `name`, on a board of that name. */
  async open(
    name: string,
    definition: AnyDefinition,
    ports: readonly PortInstance[],
    { foreign = [], world = (same) => same, ...parts }: Placing = {},
  ): Promise<ComponentHost> {
    const [model] = tinyActor("Sender").components;
    const component = { ...model!, name, ports };
    const actor: ActorInstance = {
      ...tinyActor("Sender"),
      foreign,
      components: [component, component],
    };
    const real = this.sim.host(name).openWorld("w");
    const log = { write: (_: string, event: string): void => void this.logged.push(event) };
    const host = await ComponentHost.open({
      ...{ world: world({ ...real, log }), actor, model: component, definition },
      ...{ ledger: new FakeLedger(), signal: new AbortController().signal, ...parts },
      tell: (message) => this.#heard(name, message),
      failed: (error) => this.failures.push(error),
    });
    this.hosts.push(host);
    return host;
  }

  /** Connects all ports, activates all components, and lets the connections come up. */
  async activate(): Promise<void> {
    this.connect();
    for (const host of this.hosts) host.activate();
    await this.sim.runFor(50);
  }

  /** Tells everybody all providers but those in `but`. */
  connect(but: readonly string[] = []): void {
    for (const { key, host, port } of this.#requirers) {
      const of = this.#providers.filter((each) => each.key === key);
      const endpoints = of.map(({ endpoint }) => endpoint).filter((each) => !but.includes(each));
      this.hosts.find(({ name }) => name === host)?.peers(port, endpoints);
    }
  }

  /** What was told of this kind. */
  ofKind<K extends ToAgent["kind"]>(kind: K): Extract<ToAgent, { readonly kind: K }>[] {
    return this.told.filter((each) => each.kind === kind) as Extract<
      ToAgent,
      { readonly kind: K }
    >[];
  }

  #heard(name: string, message: ToAgent): void {
    this.told.push(message);
    if (message.kind === "provide") this.#providers.push(message);
    else if (message.kind === "require") {
      const port = message.port.split("/")[1] ?? "";
      this.#requirers.push({ key: message.key, host: name, port });
    }
  }
}
