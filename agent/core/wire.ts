/**
 * Message sockets between processes and boards. Bodies: agent/io (ZeroMQ) and agent/sim.
 *
 * Endpoints are text, such as tcp://192.168.1.7:40123; only a Wire makes and reads them.
 */
export interface Wire {
  /** Binds a publisher on a free endpoint. */
  publisher(): Promise<WirePublisher>;
  /** Opens a subscriber that hands each frame to `receive`, in the order of its publisher. */
  subscriber(receive: (frame: Uint8Array) => void): WireSubscriber;
  /**
   * Binds a server on a free endpoint. `serve` gets each request and a `reply` to be called at most
   * once, now or later; a reply to a client that is gone is dropped and counted.
   */
  server(
    serve: (request: Uint8Array, reply: (frame: Uint8Array) => void) => void,
  ): Promise<WireServer>;
  /** Opens a client of the server at `endpoint`, which need not be up yet. */
  client(endpoint: string): WireClient;
}

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
  offer(frame: Uint8Array): number;
}

/** The receiving end of publish/subscribe. */
export interface WireSubscriber extends AsyncDisposable {
  /** Follows the publisher at `endpoint`, now and whenever it comes back; a repetition is ignored. */
  connect(endpoint: string): void;
  /** Stops following `endpoint`; unknown ones are ignored. */
  disconnect(endpoint: string): void;
}

/** The answering end of request/reply. */
export interface WireServer extends AsyncDisposable {
  readonly endpoint: string;
}

/** The asking end of request/reply; any number of requests may be outstanding. */
export interface WireClient extends AsyncDisposable {
  /**
   * Resolves with the reply, or with undefined when none came within `timeoutMs` or the client was
   * disposed. A late reply is dropped, and never answers another request.
   */
  request(frame: Uint8Array, timeoutMs: number): Promise<Uint8Array | undefined>;
}
