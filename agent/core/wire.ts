/**
 * Message sockets between processes and boards. Bodies: agent/io (ZeroMQ) and agent/sim.
 *
 * Endpoints are text, such as tcp://192.168.1.7:40123; only a Wire makes and reads them.
 */
export interface Wire {
  /** Binds a publisher on a free endpoint. */
  publisher(options?: BindOptions): Promise<WirePublisher>;
  /** Opens a subscriber that hands each frame to `receive`, in the order of its publisher. */
  subscriber(receive: ReceiveFrame): WireSubscriber;
  /** Binds a server on a free endpoint; `serve` gets each request, to be answered now or later. */
  server(serve: (request: WireRequest) => void, options?: BindOptions): Promise<WireServer>;
  /** Opens a client of the server at `endpoint`, which need not be up yet. */
  client(endpoint: string): WireClient;
}

/**
 * How far a socket can be reached: within this process (and this thread of it), on this board, or from
 * other boards. Who connects need not know: the endpoint says it.
 */
export type Reach = "process" | "board" | "network";

/** Why there is no link to an endpoint. */
export type LinkFault =
  /** Its host answers that nobody listens there. */
  | "refused"
  /** The network, or this host, knows no way there. */
  | "no-route"
  /** This host forbids it, or a filter between says so. */
  | "forbidden"
  /** Nothing comes back. */
  | "silent"
  /** The other side ended the connection, or says what is none of ours. */
  | "broken"
  /** The other side does not allow our key. */
  | "key-refused"
  /** The other side has a key, and we have none. */
  | "key-missing"
  /** We have a key, and the other side shows none. */
  | "key-absent"
  /** The text names no place. */
  | "no-address";

/** How it stands with one endpoint that a socket follows. */
export interface LinkState {
  readonly endpoint: string;
  /** connecting: the first attempt is under way; failed: the last one failed, and others follow, save for keys that are wrong. */
  readonly state: "connected" | "connecting" | "failed";
  /** Set when it failed. */
  readonly fault: LinkFault | null;
}

/** How a socket that others connect to is bound. */
export interface BindOptions {
  /** Default "network". */
  readonly reach?: Reach;
  /**
   * One more address, such as tcp://0.0.0.0:5556, under which programs that are not ours reach the
   * socket as plain ZeroMQ: a PUB that sends the payload (and a second frame with the time stamp),
   * or a REP. Without effect in a simulation.
   * @throws AgentError WIRE_DOOR_CLOSED when it is no address, or taken.
   */
  readonly door?: string;
}

/**
 * Takes a frame in; `sentUtcUs` is the sender's time stamp, for those that send one.
 * Each call is one copy received: a frame of a program that is not ours, whose sending nobody counted,
 * is told to Activity as sent by the wire itself, just before.
 */
export type ReceiveFrame = (frame: Uint8Array, sentUtcUs: number | undefined) => void;

/** The most bytes of one frame. */
export const FRAME_BYTES_MAX = 4 * 1024 * 1024;

/** The most frames that wait in one socket for one peer before new ones are dropped. */
export const FRAMES_QUEUED_MAX = 10_000;

/** The sending end of publish/subscribe: at most once, in order, waits for no subscriber. */
export interface WirePublisher extends AsyncDisposable {
  readonly endpoint: string;
  /** Subscribers connected at this moment. */
  readonly subscriberCount: number;
  /** Copies that were not queued because a peer's queue was full. */
  readonly droppedCount: number;
  /**
   * Queues `frame` for every subscriber connected now and returns how many copies were queued;
   * never blocks. The bytes must not be changed afterwards.
   * @throws AgentError WIRE_FRAME_TOO_LARGE beyond FRAME_BYTES_MAX.
   */
  offer(frame: Uint8Array, sentUtcUs?: number): number;
}

/** The receiving end of publish/subscribe. */
export interface WireSubscriber extends AsyncDisposable {
  /**
   * Follows the publisher at `endpoint`, now and whenever it comes back; a repetition is ignored.
   * plain+tcp://host:port is one that is not ours.
   */
  connect(endpoint: string): void;
  /** Stops following `endpoint`; unknown ones are ignored. */
  disconnect(endpoint: string): void;
  /**
   * Takes nothing more in until `resume`: what comes waits with its publishers, whose bound it fills.
   * At most a few frames that are here already are still handed over.
   */
  pause(): void;
  resume(): void;
  /** How it stands with each endpoint that it follows. Of plain ones it is known only that they are followed. */
  links(): readonly LinkState[];
}

/** One request as its server sees it. */
export interface WireRequest {
  readonly frame: Uint8Array;
  readonly sentUtcUs: number | undefined;
  /** Who asks: the same text for all requests of one client, for as long as it is connected. */
  readonly client: string;
  /** Answers; only the first answer counts. To a client that is gone it is dropped and counted. */
  readonly reply: (frame: Uint8Array, sentUtcUs?: number) => void;
  /** Answers that the request is not taken: a client of ours learns at once, others wait in vain. */
  readonly refuse: () => void;
}

/** The answering end of request/reply. */
export interface WireServer extends AsyncDisposable {
  readonly endpoint: string;
}

/** How a request on the wire ended. */
export type WireAnswer =
  | {
      readonly kind: "reply";
      readonly frame: Uint8Array;
      readonly sentUtcUs: number | undefined;
    }
  /** timeout: nothing came in time; refused: the server has no room; lost: the server, or this client, is gone. */
  | { readonly kind: "none"; readonly reason: "timeout" | "refused" | "lost" };

/** The asking end of request/reply; any number of requests may be outstanding. */
export interface WireClient extends AsyncDisposable {
  /**
   * Resolves with what became of the request, within `timeoutMs`.
   * A late reply is dropped, and never answers another request.
   */
  request(frame: Uint8Array, timeoutMs: number, sentUtcUs?: number): Promise<WireAnswer>;
  /** How it stands with its server. */
  link(): LinkState;
}
