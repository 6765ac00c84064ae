import type { MessageType, StructType } from "./message-model.ts";
import type { NameReference } from "./name-reference.ts";
import type { SourcePosition } from "./problem.ts";

/**
 * A parsed `.riaps` file as frozen plain data. Times are milliseconds, sizes bytes, rates bytes per
 * second. Names are as written; whether they refer to something is checkApp's to say.
 * Source: the RIAPS modelling language (riaps-pycom 2.0), chapter 5 of the platform's description.
 */
export interface AppFile {
  readonly fileName: string;
  /** 0: the reference's language; 1: the file begins with `language hedgerow 1;`. */
  readonly languageVersion: LanguageVersion;
  readonly apps: readonly AppModel[];
}

/** Which language a file asks for. */
export type LanguageVersion = 0 | 1;

/** One `app` block. */
export interface AppModel {
  readonly name: string;
  readonly fileName: string;
  readonly languageVersion: LanguageVersion;
  readonly messages: readonly MessageType[];
  /** Records for the fields of messages, ours; they stand among the messages. */
  readonly structs: readonly StructType[];
  readonly groups: readonly GroupType[];
  readonly libraries: readonly Library[];
  /** Components and devices, in the order of the file. */
  readonly components: readonly ComponentType[];
  readonly actors: readonly ActorType[];
  readonly position: SourcePosition;
}

/** `group G with leader using M timed heartbeat=500;`: a type; instances are joined at run time by name. */
export interface GroupType {
  readonly name: string;
  /** plain: members publish to each other; leader and consensus: also elections and votes. */
  readonly kind: "plain" | "leader" | "consensus";
  readonly message: NameReference;
  readonly timed: boolean;
  readonly times: GroupTimes;
  readonly position: SourcePosition;
}

/** Times of a group, in ms; absent ones take the runtime's defaults. */
export interface GroupTimes {
  readonly heartbeatMs?: number;
  readonly electionMinMs?: number;
  readonly electionMaxMs?: number;
  readonly peerTimeoutMs?: number;
  readonly consensusTimeoutMs?: number;
}

/** `library name;`: a folder shipped with the application. */
export interface Library {
  readonly name: string;
  readonly position: SourcePosition;
}

/** `component C(a, b=1) { ports }` or `device D …`. */
export interface ComponentType {
  readonly name: string;
  readonly isDevice: boolean;
  readonly formals: readonly Formal[];
  /** The language the file names; "unspecified" is TypeScript to us and Python to the reference. */
  readonly language: "unspecified" | "python" | "cpp";
  readonly scheduler: ComponentScheduler;
  readonly ports: readonly Port[];
  readonly position: SourcePosition;
}

/** The order in which pending ports are served: as they come, by port order, in turns, or by earliest deadline (ours). */
export type ComponentScheduler = "default" | "priority" | "roundRobin" | "deadline";

/** A parameter with an optional default. */
export interface Formal {
  readonly name: string;
  readonly default?: Literal;
  readonly position: SourcePosition;
}

/** What a parameter can hold. */
export type ParameterValue = string | number | boolean;

/** A value as written. */
export interface Literal {
  readonly type: "literal";
  readonly value: ParameterValue;
  readonly position: SourcePosition;
}

/** The name of an actor's formal, in an instance's actual. */
export interface FormalReference {
  readonly type: "formal";
  readonly name: string;
  readonly position: SourcePosition;
}

/** `name = value` in an instance. */
export interface Actual {
  readonly name: string;
  readonly value: Literal | FormalReference;
  readonly position: SourcePosition;
}

/** A port of a component type; narrow on `kind`. */
export type Port = MessagePort | PairPort | TimerPort | InsidePort;

/**
 * `queue 100 drop oldest`, ours: how many messages wait for the handler, and what happens to one more.
 * On sub, srv, rep, ans, qry, inside and timer (there: ticks). Not on pub and clt, which have no
 * handler, nor on req, which waits for one reply at a time.
 */
export interface PortQueue {
  /** 1 to QUEUE_LENGTH_MAX. */
  readonly lengthMax: number;
  /**
   * dropOldest, dropNewest: counted here; refuse: the sender keeps it, or is told. Not on qry and
   * timer, where nobody could keep it.
   */
  readonly whenFull: "dropOldest" | "dropNewest" | "refuse";
  readonly position: SourcePosition;
}

/** `pub p: M timed`, `sub s: M timed within 5 msec queue 100 drop oldest`. */
export interface MessagePort {
  readonly kind: "pub" | "sub";
  readonly name: string;
  readonly message: NameReference;
  /** Whether a send time travels with each message. */
  readonly timed: boolean;
  /** Deadline of the handler in ms; null: none. Always null on a `pub`. */
  readonly withinMs: number | null;
  /** null: the runtime's default. Always null on a `pub`. */
  readonly queue: PortQueue | null;
  readonly position: SourcePosition;
}

/** `srv p: (Request, Reply) timed within 5 msec` and its five relatives. */
export interface PairPort {
  readonly kind: "clt" | "srv" | "req" | "rep" | "qry" | "ans";
  readonly name: string;
  readonly request: NameReference;
  readonly reply: NameReference;
  readonly timed: boolean;
  /** Deadline of the handler in ms; null: none. Always null on a `clt`, which has no handler. */
  readonly withinMs: number | null;
  /** null: the runtime's default. Always null on a `clt`. */
  readonly queue: PortQueue | null;
  readonly position: SourcePosition;
}

/** `timer t 500 msec within 10 msec`; without a number it is sporadic. */
export interface TimerPort {
  readonly kind: "timer";
  readonly name: string;
  /** Period in ms, at least 1 once checked; null: sporadic, started by the component. */
  readonly periodMs: number | null;
  readonly withinMs: number | null;
  readonly queue: PortQueue | null;
  readonly position: SourcePosition;
}

/** `inside i default`: between a device and its own threads. */
export interface InsidePort {
  readonly kind: "inside";
  readonly name: string;
  /** Whether a tick of one second is asked for. */
  readonly isDefault: boolean;
  readonly queue: PortQueue | null;
  readonly position: SourcePosition;
}

/** `actor A(formals) { local …; internal …; uses {…} scheduler …; { instances } }`. */
export interface ActorType {
  readonly name: string;
  readonly isRealTime: boolean;
  readonly formals: readonly Formal[];
  /** Messages that stay on the board. */
  readonly locals: readonly NameReference[];
  /** Messages that stay in the actor and the devices it owns. */
  readonly internals: readonly NameReference[];
  readonly limits: ResourceLimits;
  /** Absent when the file gives none. */
  readonly scheduler?: ActorScheduler;
  readonly instances: readonly ComponentUse[];
  readonly position: SourcePosition;
}

/** How the operating system schedules the process; `priority` in 1..99, higher first. */
export type ActorScheduler =
  | { readonly policy: "roundRobin" }
  | { readonly policy: "priority"; readonly priority: number };

/** `name : Component(actuals);` in an actor. */
export interface ComponentUse {
  readonly name: string;
  readonly component: NameReference;
  readonly actuals: readonly Actual[];
  readonly position: SourcePosition;
}

/** The `uses` block; absent limits are not set. */
export interface ResourceLimits {
  readonly cpu?: CpuLimit;
  readonly memory?: SizeLimit;
  readonly space?: SizeLimit;
  readonly network?: NetworkLimit;
}

/** `cpu max 25 % over 10 sec`. */
export interface CpuLimit {
  /** Per cent of one processor, at least 1; may exceed 100 on boards with several. */
  readonly percent: number;
  /** Whether it may never be exceeded (`max`), else it is the share under load. */
  readonly isHard: boolean;
  /** The time it is measured over, in ms; null: not given, the runtime's default. */
  readonly intervalMs: number | null;
  readonly position: SourcePosition;
}

/** `mem 200 mb`, `space 10 mb`; kb, mb and gb are powers of 1024. */
export interface SizeLimit {
  readonly bytes: number;
  readonly position: SourcePosition;
}

/** `net rate 10 kbps ceil 12 kbps burst 1.2 k`; the reference counts 1 kbps as 1024 bytes per second. */
export interface NetworkLimit {
  readonly rateBytesPerS: number;
  /** The highest rate while others are idle; null: not given. */
  readonly ceilBytesPerS: number | null;
  readonly burstBytes: number | null;
  readonly position: SourcePosition;
}
