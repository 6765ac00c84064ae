/** Limits of the RPC servers of one process. */
export interface HttpRpcOptions {
  /** Largest request, in bytes; default 5 MiB, as geth has it. */
  readonly bodyBytesMax?: number;
  /** Most connections at a time, HTTP and WebSocket together; default 100. */
  readonly connectionsMax?: number;
  /** Most unanswered messages of one WebSocket before it is no longer read; default 256. */
  readonly outstandingMax?: number;
  /** Where the board's sockets are; made when the first one is, for its owner alone. Default: nowhere. */
  readonly socketFolder?: string;
  /** Most bytes that wait for a WebSocket's slow reader before it is cut off; default 16 MiB. */
  readonly backlogBytesMax?: number;
}
