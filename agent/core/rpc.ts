/** Any value that JSON can carry. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * Where a server listens: a port of loopback (0: a free one), which every program of the board reaches; or
 * the board's own socket of this name (letters, digits, hyphens), which only those reach whom the file
 * system lets.
 */
export type RpcPlace = number | { readonly socket: string };

/**
 * JSON-RPC 2.0 between a server and clients on the same board. Bodies: agent/io (HTTP and WebSocket, on
 * loopback or a Unix socket) and agent/sim.
 */
export interface Rpc {
  /** Serves at `place` until disposed. @throws AgentError RPC_SOCKET_INVALID for a socket that cannot be. */
  serve(
    place: RpcPlace,
    open: (notify: (notification: Json) => void) => RpcSession,
  ): Promise<RpcServer>;
  /** Connects to a server's `url`; keeps trying until it is up or `signal` aborts. */
  connect(url: string, signal: AbortSignal): Promise<RpcClient>;
}

/** One client's side of a server: a WebSocket connection, or one HTTP request. */
export interface RpcSession extends Disposable {
  /** Answers one parsed message, single or batch; undefined when there is nothing to answer. */
  answer(message: Json): Promise<Json | undefined>;
}

/** A listening server. */
export interface RpcServer extends AsyncDisposable {
  /**
   * For HTTP, such as http://127.0.0.1:8545; the same with ws:// for WebSocket. Of a socket: unix: and
   * its path.
   */
  readonly url: string;
}

/** How a call ended; an error that the server named is an outcome, not an exception. */
export type RpcOutcome =
  | { readonly ok: true; readonly result: Json }
  | { readonly ok: false; readonly code: number; readonly message: string; readonly data?: Json };

/** A connection that receives notifications. */
export interface RpcClient extends AsyncDisposable {
  /** Calls `method`; outcome with code RPC_DISCONNECTED when the connection was lost before an answer. */
  call(method: string, params: readonly Json[]): Promise<RpcOutcome>;
  /** Sets the one receiver of notifications (messages without an id). */
  receive(receiver: (method: string, params: Json) => void): void;
  /** Resolves when the connection is gone, from either side. */
  readonly closed: Promise<void>;
}

/** Code of an outcome that the connection's loss produced; whether the call took effect is unknown. */
export const RPC_DISCONNECTED = -32_099;
