import type { Abi, ExtractAbiEventNames } from "abitype";
import type { Assets } from "../core/assets.ts";
import type { Facts, LogLevel } from "../core/log.ts";
import type { Random } from "../core/random.ts";
import type { Account, ContractPort, ContractType, EventArgs, EventPlace } from "./contract.ts";
import type { Clt, Ports, Pub, Srv, Sub, Tim } from "./ports.ts";

/** The contracts of a component, by the names of its contract ports. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- only `any` accepts every interface
export type Contracts = Readonly<Record<string, ContractType<any>>>;

/** How a request of a client port ended. */
export type CallOutcome<R> =
  | { readonly kind: "reply"; readonly reply: R }
  /** No server is known, none answered in time, or its answer was malformed. The port is usable at once. */
  | { readonly kind: "no-reply"; readonly reason: "no-server" | "timeout" | "malformed" };

/** The calling side of each port, by name. */
export type PortCalls<P extends Ports> = {
  readonly [K in keyof P as P[K] extends { readonly kind: "sub" | "srv" }
    ? never
    : K]: P[K] extends Pub<infer M>
    ? (message: M) => void
    : P[K] extends Clt<infer Q, infer R>
      ? (request: Q, timeoutMs: number) => Promise<CallOutcome<R>>
      : P[K] extends Tim
        ? TimerControl
        : never;
};

/** A timer in the component's hands. */
export interface TimerControl {
  /** Fires once when cluster time reaches `utcUs` (at once when past); replaces what was set before. */
  fireAtUtc(utcUs: number): void;
  /** Forgets what was set; a periodic timer stops until `fireAtUtc`. */
  cancel(): void;
}

/** What a component gets; nothing else, so nothing else can leak in. */
export interface Context<P extends Ports, C extends Contracts> {
  /** Actor and component instance, such as "prosumer101/trader". */
  readonly name: string;
  readonly clock: { utcUs(): number };
  readonly random: Random;
  readonly assets: Assets;
  readonly port: PortCalls<P>;
  readonly contract: {
    readonly [K in keyof C]: C[K] extends ContractType<infer A> ? ContractPort<A> : never;
  };
  /** The actor's account on the board's ledger. @throws AgentError LEDGER_ABSENT on use, when the board has none. */
  readonly account: Account;
  readonly log: (level: LogLevel, event: string, facts: Facts) => void;
}

type Awaitable<T> = T | Promise<T>;

type HandlerName<P extends Ports> = {
  [K in keyof P & string]: P[K] extends { readonly kind: "pub" | "clt" } ? never : `on_${K}`;
}[keyof P & string];

type HandlerOf<T> =
  T extends Sub<infer M>
    ? (message: M) => Awaitable<void>
    : T extends Srv<infer Q, infer R>
      ? (request: Q) => Awaitable<R>
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

/** Moments of a component's life. */
export interface LifeHandlers {
  /** Before the first message: all ports exist. */
  handleActivate?(): Awaitable<void>;
  /** After the last message, on an orderly stop. */
  handleDeactivate?(): Awaitable<void>;
}

/** One handler `on_<port>` for every input port; they run one at a time and to the end. */
export type Handlers<P extends Ports, C extends Contracts> = PortHandlers<P> &
  EventHandlers<C> &
  LifeHandlers;

/** A component: its ports, its contracts, and a setup that returns its handlers. */
export interface Definition<P extends Ports, C extends Contracts, O> {
  /** Its name in the model. */
  readonly name: string;
  readonly ports: P;
  readonly contracts?: C;
  /** Checks the parameters that the model and the deployment give, and types them. */
  readonly options: (parameters: Readonly<Record<string, unknown>>) => O;
  readonly setup: (context: Context<P, C>, options: O) => Handlers<P, C>;
}

/** Types a component definition; adds no behaviour. */
export function component<const P extends Ports, const C extends Contracts, O>(
  definition: Definition<P, C, O>,
): Definition<P, C, O> {
  return definition;
}

/** A definition of any shape, as the actor host takes it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the host knows shapes only at run time
export type AnyDefinition = Definition<any, any, any>;

/** An application: its components by their names in the model. */
export interface Application {
  readonly name: string;
  readonly components: Readonly<Record<string, AnyDefinition>>;
}
