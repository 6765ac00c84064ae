import type { Abi, ExtractAbiEventNames } from "abitype";
import type { Assets } from "../core/assets.ts";
import type { Clock } from "../core/clock.ts";
import type { Facts, LogLevel } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import type { MessageType } from "../message/message-type.ts";
import type { Arrival, Caller, CallOutcome, PortCalls } from "./calls.ts";
import type { Account, ContractPort, ContractType, EventArgs, EventPlace } from "./contract.ts";
import type { GroupHandlers, GroupMember, Groups, JoinOptions } from "./group.ts";
import type { LifeHandlers } from "./life.ts";
import type { Ans, Ins, Ports, Qry, Rep, Req, Srv, Sub } from "./ports.ts";
import type { Threads } from "./thread.ts";

/** The contracts of a component, by the names of its contract ports. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- only `any` accepts every interface
export type Contracts = Readonly<Record<string, ContractType<any>>>;

/** What a component gets; nothing else, so nothing else can leak in. */
export interface Context<P extends Ports, C extends Contracts, G extends Groups = Groups> {
  /** Actor and component instance, such as "prosumer101/trader". */
  readonly name: string;
  /** The board it runs on; with `name` unique in the application. */
  readonly board: string;
  /** Cluster time, and by `reading` also how far it may be off, where it comes from, and whether that is lost. */
  readonly clock: Pick<Clock, "utcUs" | "reading">;
  readonly random: Random;
  readonly assets: Assets;
  readonly port: PortCalls<P>;
  readonly contract: {
    readonly [K in keyof C]: C[K] extends ContractType<infer A> ? ContractPort<A> : never;
  };
  /** The actor's account on the board's ledger. @throws AgentError LEDGER_ABSENT on use, when the board has none. */
  readonly account: Account;
  /** Joins groups of the types that the component names. */
  readonly group: {
    readonly [K in keyof G]: G[K] extends MessageType<infer M>
      ? { join(instance: string, options: JoinOptions): Promise<GroupMember<M>> }
      : never;
  };
  readonly log: (level: LogLevel, event: string, facts: Facts) => void;
}

type Awaitable<T> = T | Promise<T>;

type HandlerName<P extends Ports> = {
  [K in keyof P & string]: P[K] extends { readonly kind: "pub" | "clt" } ? never : `on_${K}`;
}[keyof P & string];

type HandlerOf<T> =
  T extends Sub<infer M>
    ? (message: M, arrival: Arrival) => Awaitable<void>
    : T extends Srv<infer Q, infer R>
      ? (request: Q, arrival: Arrival) => Awaitable<R>
      : T extends Req<unknown, infer R>
        ? (outcome: CallOutcome<R>, arrival: Arrival) => Awaitable<void>
        : T extends Rep<infer Q, infer R>
          ? (request: Q, caller: Caller<R>, arrival: Arrival) => Awaitable<void>
          : T extends Qry<unknown, infer R>
            ? (outcome: CallOutcome<R>, queryId: number, arrival: Arrival) => Awaitable<void>
            : T extends Ans<infer Q, infer R>
              ? (request: Q, caller: Caller<R>, arrival: Arrival) => Awaitable<void>
              : T extends Ins<unknown, infer U>
                ? (message: U, thread: string, arrival: Arrival) => Awaitable<void>
                : (dueUtcUs: number) => Awaitable<void>;

// Not a mapped type with `as`: through that, parameters of handlers would get no type from here.
type PortHandlers<P extends Ports> = {
  readonly [H in HandlerName<P>]: H extends `on_${infer K}` ? HandlerOf<P[K]> : never;
};

type EventHandlersOf<A extends Abi> = {
  readonly [E in ExtractAbiEventNames<A>]?: (
    args: EventArgs<A, E>,
    place: EventPlace,
  ) => Awaitable<void>;
};

/** Handlers of contracts' events: by contract port, then by event. Only those named here arrive. */
export interface EventHandlers<C extends Contracts> {
  readonly events?: {
    readonly [K in keyof C]?: C[K] extends ContractType<infer A> ? EventHandlersOf<A> : never;
  };
}

/** One handler `on_<port>` for every input port; they run one at a time and to the end. */
export type Handlers<P extends Ports, C extends Contracts> = PortHandlers<P> &
  EventHandlers<C> &
  GroupHandlers &
  LifeHandlers;

/** A component: its ports, its contracts, its groups, and a setup that returns its handlers. */
export interface Definition<P extends Ports, C extends Contracts, O, G extends Groups = Groups> {
  /** Its name in the model. */
  readonly name: string;
  readonly ports: P;
  readonly contracts?: C;
  readonly groups?: G;
  /** The inner threads of a device, by name. */
  readonly threads?: Threads<P, O>;
  /** Checks the parameters that the model and the deployment give, and types them. */
  readonly options: (parameters: Readonly<Record<string, unknown>>) => O;
  readonly setup: (context: Context<P, C, G>, options: O) => Handlers<P, C>;
}

/** Types a component definition; adds no behaviour. */
export function component<
  const P extends Ports,
  const C extends Contracts,
  O,
  const G extends Groups = Readonly<Record<string, never>>,
>(definition: Definition<P, C, O, G>): Definition<P, C, O, G> {
  return definition;
}

/** A definition of any shape, as the actor host takes it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the host knows shapes only at run time
export type AnyDefinition = Definition<any, any, any, any>;

/** An application: its components by their names in the model. */
export interface Application {
  readonly name: string;
  readonly components: Readonly<Record<string, AnyDefinition>>;
}
