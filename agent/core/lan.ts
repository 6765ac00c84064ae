/** One LAN segment of best-effort datagrams. Bodies: agent/io (UDP broadcast) and agent/sim. */
export interface Lan {
  /** Opens the segment for broadcast on `udpPort`; several owners on one host may open one port. */
  open(udpPort: number): Promise<LanSocket>;
}

/** One datagram as it arrived. */
export interface Datagram {
  readonly payload: Uint8Array;
  /** Address of the sender as this host sees it, such as 192.168.1.7. */
  readonly fromHost: string;
}

/** The most bytes that one datagram carries. */
export const DATAGRAM_BYTES_MAX = 512;

/**
 * Datagrams may be lost, repeated or reordered; our own come back to us too.
 * Disposal first hands every accepted payload to the network, so a goodbye is not cut off.
 */
export interface LanSocket extends AsyncDisposable {
  /**
   * Hands over `payload`; never blocks, never throws for a network fault; after disposal, ignored.
   * @throws AgentError LAN_DATAGRAM_TOO_LARGE beyond DATAGRAM_BYTES_MAX bytes.
   */
  broadcast(payload: Uint8Array): void;
  /** Yields what arrives until `signal` aborts or the socket is disposed. At most one reader. */
  received(signal: AbortSignal): AsyncIterable<Datagram>;
}
