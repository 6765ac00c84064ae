/** Best-effort datagrams between boards. Bodies: agent/io (UDP) and agent/sim. */
export interface Lan {
  /** Opens the segment for broadcast on `udpPort`; several owners on one host may open one port. */
  open(udpPort: number): Promise<LanSocket>;
  /**
   * Opens a socket of its own for datagrams to one receiver each, on `udpPort` or a free one, and hands
   * what arrives to `receive`, in the order of arrival.
   * @throws AgentError LAN_PORT_TAKEN when another owner on this host has the port.
   */
  bind(receive: ReceiveDatagram, udpPort?: number): Promise<DatagramSocket>;
}

/** Takes one datagram in; must not throw. */
export type ReceiveDatagram = (datagram: Datagram) => void;

/** One datagram as it arrived. */
export interface Datagram {
  readonly payload: Uint8Array;
  /** Address of the sender as this host sees it, such as 192.168.1.7. */
  readonly fromHost: string;
  /** Where an answer goes, such as 192.168.1.7:40123; see DatagramSocket.send. Anybody may forge it. */
  readonly from: string;
  /** When it arrived, on the receiving program's Clock.monotonicMs. */
  readonly arrivedMs: number;
}

/** The most bytes that one datagram carries: whole in the smallest packet of IPv6, with its headers. */
export const DATAGRAM_BYTES_MAX = 1_200;

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

/** A socket that one program alone has. Disposal first hands over what was accepted. */
export interface DatagramSocket extends AsyncDisposable {
  /** Where others send to, such as 192.168.1.7:40123. */
  readonly address: string;
  /**
   * Hands `payload` over for the socket at `to` (host:port); never blocks, never throws for a network
   * fault or an address that leads nowhere; after disposal, ignored.
   * @throws AgentError LAN_DATAGRAM_TOO_LARGE beyond DATAGRAM_BYTES_MAX bytes.
   */
  send(to: string, payload: Uint8Array): void;
}
