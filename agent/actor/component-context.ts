import type { ContractType } from "../component/contract.ts";
import type { AnyDefinition } from "../component/define.ts";
import type { Hex, LedgerEvent, LedgerService } from "../component/ledger-service.ts";
import type { Scheduler } from "../component/scheduler.ts";
import type { World } from "../core/world.ts";
import type { ActorInstance, ComponentInstance } from "../model/instances.ts";
import { bindContract } from "./contract-binding.ts";
import { bindGroups } from "./group-binding.ts";
import type { HandlerTable } from "./handler-table.ts";
import type { OpenedPort } from "./opened-port.ts";
import type { ToAgent } from "./protocol.ts";

type AnyContext = Parameters<AnyDefinition["setup"]>[0];

/** What a component's context is made of. */
export interface ContextParts {
  readonly world: World;
  readonly actor: ActorInstance;
  readonly model: ComponentInstance;
  readonly definition: AnyDefinition;
  readonly ledger: LedgerService;
  readonly signal: AbortSignal;
  readonly tell: (message: ToAgent) => void;
}

/** What runs a component's handlers. */
export interface Running {
  readonly scheduler: Scheduler;
  /** Asked when something comes: by then setup has returned the handlers. */
  readonly handlers: () => HandlerTable;
  /** Takes what the component has opened while it runs as one of its ports. */
  readonly opened: (name: string, port: OpenedPort) => void;
}

/** Makes what the setup of a component gets; `calls` are the calling sides of its ports, by name. */
export async function contextOf(
  parts: ContextParts,
  calls: Readonly<Record<string, unknown>>,
  running: Running,
): Promise<AnyContext> {
  const { world, definition, ledger, actor, model } = parts;
  // One account an actor: its components act for one party.
  const account = actor.instanceName;
  const types = Object.entries((definition.contracts ?? {}) as Record<string, ContractType>);
  return {
    name: `${account}/${model.name}`,
    clock: world.clock,
    random: world.random,
    assets: world.assets,
    port: calls as AnyContext["port"],
    contract: Object.fromEntries(
      types.map(([port, type]) => [port, contractOf(parts, port, type, running)]),
    ),
    account: {
      address: types.length > 0 ? await ledger.open(account) : "0x",
      transfer: (to: Hex, valueWei: bigint, key?: string) =>
        ledger.transfer(account, { to, valueWei, ...(key === undefined ? {} : { key }) }),
      signDigest: (digest: Uint8Array) => ledger.signDigest(account, digest),
    },
    group: bindGroups({ ...parts, ...running, component: model.name }),
    log: (level, event, facts) => world.log.write(level, event, facts),
  };
}

function contractOf(
  { ledger, signal, actor, model }: ContextParts,
  port: string,
  type: ContractType,
  { scheduler, handlers }: Running,
): ReturnType<typeof bindContract> {
  return bindContract(type, {
    ledger,
    account: actor.instanceName,
    port: `${model.name}/${port}`,
    events: () => handlers().eventsOf(port),
    deliver: async (event: LedgerEvent) => {
      const { blockNumber, logIndex, transactionHash } = event;
      const place = { blockNumber, logIndex, transactionHash };
      const end = await scheduler.event(`${port}.${event.name}`, () =>
        handlers().callEvent(port, event.name, event.args, place),
      );
      // The actor is ending: an event that was not handled is for its next incarnation.
      if (end === "never") await new Promise(() => undefined);
    },
    signal,
  });
}
