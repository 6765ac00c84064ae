import type {
  ActorScheduler,
  ComponentScheduler,
  ComponentType,
  GroupTimes,
  GroupType,
  ParameterValue,
  ResourceLimits,
} from "./app-model.ts";

/** How far a message travels: every board, this board, or this actor with the devices it owns. */
export type MessageScope = "global" | "local" | "internal";

/** Parameter values by name; own properties only. */
export type Parameters = Readonly<Record<string, ParameterValue>>;

/**
 * One actor on one board with everything it needs to start: frozen plain data that survives
 * structured cloning, so that it can be handed to a process.
 */
export interface ActorInstance {
  readonly appName: string;
  readonly board: string;
  /** Unique on the board: the name after `as`, else the actor's type. */
  readonly instanceName: string;
  readonly actorType: string;
  readonly isRealTime: boolean;
  /** null: the file gives none. */
  readonly scheduler: ActorScheduler | null;
  readonly limits: ResourceLimits;
  /** own: a process of its own; shared: one with all actors of the application on this board that say so. */
  readonly isolation: "own" | "shared";
  /** null: the agent's default. */
  readonly restart: RestartPolicy | null;
  /** As whom its process runs; null: as the agent. */
  readonly runAs: RunAs | null;
  /** Doors for programs that are not ours, and servers of theirs; see ForeignLink. */
  readonly foreign: readonly ForeignLink[];
  /** Final values of the actor's formals; those without any value are absent. */
  readonly parameters: Parameters;
  /** The scope of every message of the application, seen from this actor. */
  readonly scopes: Readonly<Record<string, MessageScope>>;
  /** Group types that its components may join. */
  readonly groups: readonly GroupInstanceType[];
  /** Components and devices in the order of the file. */
  readonly components: readonly ComponentInstance[];
}

/** A group type with the scope its message has in the actor. */
export interface GroupInstanceType {
  readonly name: string;
  readonly kind: GroupType["kind"];
  readonly message: string;
  readonly scope: MessageScope;
  readonly timed: boolean;
  readonly times: GroupTimes;
}

/** When a dead actor is started again. */
export interface RestartPolicy {
  /** At most so many restarts within `periodMs`; one more and the agent gives the actor up. */
  readonly restartsMax: number;
  readonly periodMs: number;
  /** Wait before the first restart of a period, in ms; doubles with each further one up to delayMsMax. */
  readonly firstDelayMs: number;
  readonly delayMsMax: number;
}

/** Rights of a process: a user of the system, and named groups as the resources that it is granted. */
export interface RunAs {
  readonly user: string | null;
  readonly groups: readonly string[];
}

/** A port that speaks plain ZeroMQ with programs that are not ours. */
export interface ForeignLink {
  /** bind: they come to us at `address`; connect: we go to them. */
  readonly how: "bind" | "connect";
  /** Component and port, such as "source/tick". */
  readonly port: string;
  /** As ZeroMQ has it, such as tcp://0.0.0.0:5556. */
  readonly address: string;
  /** Public key of theirs, 40 characters of Z85; null: in the clear. */
  readonly curveKey: string | null;
}

/** How many messages wait for a handler, and what happens to one more. */
export interface QueuePolicy {
  readonly lengthMax: number;
  /** dropOldest, dropNewest: counted here; refuse: the sender keeps it, or is told. */
  readonly whenFull: "dropOldest" | "dropNewest" | "refuse";
}

/** One component or device in an actor. */
export interface ComponentInstance {
  readonly name: string;
  readonly componentType: string;
  readonly isDevice: boolean;
  readonly language: ComponentType["language"];
  readonly scheduler: ComponentScheduler;
  /** Whether it runs in a thread of its own, so that its computing holds up nobody else. */
  readonly inWorker: boolean;
  /** One value for every formal of the component type. */
  readonly parameters: Parameters;
  readonly ports: readonly PortInstance[];
}

/** A port with the scope it has in its actor; narrow on `kind`. */
export type PortInstance =
  | MessagePortInstance
  | PairPortInstance
  | TimerPortInstance
  | InsidePortInstance;

/** A port for one message type. */
export interface MessagePortInstance {
  readonly kind: "pub" | "sub";
  readonly name: string;
  /** 1 for the first port of the component, counted over all its ports; lower is served first by the priority scheduler. */
  readonly index: number;
  readonly message: string;
  readonly scope: MessageScope;
  readonly timed: boolean;
  readonly withinMs: number | null;
  /** What waits for the handler; null: the runtime's default, and for ports without a handler. */
  readonly queue: QueuePolicy | null;
}

/** A port for a request and its reply. */
export interface PairPortInstance {
  readonly kind: "clt" | "srv" | "req" | "rep" | "qry" | "ans";
  readonly name: string;
  readonly index: number;
  readonly request: string;
  readonly reply: string;
  /** local or internal when both messages are; else global, as in the reference. */
  readonly scope: MessageScope;
  readonly timed: boolean;
  readonly withinMs: number | null;
  /** What waits for the handler; null: the runtime's default, and for ports without a handler. */
  readonly queue: QueuePolicy | null;
}

/** A timer; `periodMs` null: sporadic. */
export interface TimerPortInstance {
  readonly kind: "timer";
  readonly name: string;
  readonly index: number;
  readonly periodMs: number | null;
  readonly withinMs: number | null;
  /** Ticks that wait for the handler; null: the runtime's default. Never refuse. */
  readonly queue: QueuePolicy | null;
}

/** A link between a device and its threads. */
export interface InsidePortInstance {
  readonly kind: "inside";
  readonly name: string;
  readonly index: number;
  readonly isDefault: boolean;
  /** What waits for the handler; null: the runtime's default. */
  readonly queue: QueuePolicy | null;
}
