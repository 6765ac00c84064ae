/** An application, and where it runs, as something to draw. Ids are unique in the graph: l0, b0a1c2. */
export interface Graph {
  readonly appName: string;
  readonly boards: readonly GraphBoard[];
  readonly links: readonly GraphLink[];
}

/** A board with what is placed on it. */
export interface GraphBoard {
  readonly id: string;
  /** null: there is no deployment, and every actor is drawn once. */
  readonly name: string | null;
  /** What is declared of it, such as "512 mb, armhf, roof"; may be empty. */
  readonly note: string;
  readonly actors: readonly GraphActor[];
}

/** An actor, or several of one type that differ in their parameters only. */
export interface GraphActor {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** How many it stands for. */
  readonly count: number;
  /** Such as "real-time, shared process"; may be empty. */
  readonly note: string;
  readonly components: readonly GraphComponent[];
}

/** A component or device in an actor. */
export interface GraphComponent {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly isDevice: boolean;
  /** Such as "poll 500 msec"; one without a period is sporadic. */
  readonly timers: readonly string[];
  /** Ports that talk to other ports, in the order of the model. */
  readonly ports: readonly GraphPort[];
}

/** One end of a link. */
export interface GraphPort {
  readonly name: string;
  readonly kind: string;
  /** out: publishes or asks; in: hears or answers. */
  readonly direction: "out" | "in";
  /**
   * The links it is on: one, and one more for each program that is not ours. One that is not in the
   * graph is not drawn.
   */
  readonly linkIds: readonly string[];
}

/** How far a link reaches; foreign: to a program that is not ours. */
export type LinkScope = "global" | "local" | "internal" | "foreign";

/** All ports that find each other by one message, or one pair of them. */
export interface GraphLink {
  readonly id: string;
  /** The message, "Request / Reply", or the address of a program that is not ours. */
  readonly label: string;
  readonly scope: LinkScope;
  /** The board of a local link, the actor of an internal one; null: the network. */
  readonly homeId: string | null;
  /** Whether one side is missing, so that nothing ever travels. */
  readonly isAlone: boolean;
}
