type Awaitable<T> = T | Promise<T>;

/** News from the board that reaches every component of an actor. */
export type Notice =
  | { readonly kind: "nic"; readonly name: string; readonly isUp: boolean }
  | { readonly kind: "peer"; readonly board: string; readonly isUp: boolean }
  | LimitNotice;

/** A limit of the actor is near, or passed: when it stays passed the actor is ended. */
export interface LimitNotice {
  readonly kind: "limit";
  readonly resource: "cpu" | "memory" | "space" | "network";
  readonly stage: "warning" | "exceeded";
  /** In the unit of the resource: per cent of one processor, bytes, or bytes per second. */
  readonly used: number;
  readonly limit: number;
}

/** A handler that threw. */
export interface Fault {
  /** The handler's name, such as "on_tick". */
  readonly handler: string;
  readonly error: unknown;
}

/** A deadline that was not kept. */
export interface DeadlineMiss {
  readonly port: string;
  /** By how much, at the time of telling. */
  readonly lateMs: number;
  /** Whether the handler still runs, or has not begun. */
  readonly isOver: boolean;
}

/** Messages that a port lost. */
export interface Loss {
  readonly port: string;
  /** sent: to subscribers whose queues were full; received: by this component's own queue. */
  readonly side: "sent" | "received";
  readonly count: number;
}

/** Moments of a component's life, and news from its board; all optional. */
export interface LifeHandlers {
  /** Before the first message: all ports exist. */
  handleActivate?(): Awaitable<void>;
  /** After the last message, on an orderly stop. */
  handleDeactivate?(): Awaitable<void>;
  /** The component is paused: nothing more is handled until it is resumed, or stopped. */
  handlePassivate?(): Awaitable<void>;
  /** It goes on. */
  handleResume?(): Awaitable<void>;
  /**
   * Asked while a new version of the application proves itself: true, or what is wrong. A version whose
   * components do not all say true within its deadline is taken back. Without it the component is healthy.
   */
  handleHealth?(): Awaitable<true | string>;
  /** What the next incarnation gets: plain data, kept by the board. Called now and then, and at the end. */
  snapshot?(): unknown;
  /** Called before handleActivate with the last snapshot of an earlier incarnation, if there is one. */
  restore?(state: unknown): Awaitable<void>;
  /**
   * A handler threw. "go-on" keeps the component running; anything else, also having no such handler,
   * ends the actor, and its agent decides what follows. The log and the agent hear of it in any case.
   */
  handleFault?(fault: Fault): "go-on" | "give-up";
  handleDeadline?(miss: DeadlineMiss): Awaitable<void>;
  handleLoss?(loss: Loss): Awaitable<void>;
  handleCpuLimit?(notice: LimitNotice): Awaitable<void>;
  handleMemLimit?(notice: LimitNotice): Awaitable<void>;
  handleSpcLimit?(notice: LimitNotice): Awaitable<void>;
  handleNetLimit?(notice: LimitNotice): Awaitable<void>;
  handleNicStateChange?(name: string, isUp: boolean): Awaitable<void>;
  handlePeerStateChange?(board: string, isUp: boolean): Awaitable<void>;
}
