import assert from "node:assert/strict";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { AgentError } from "../core/errors.ts";
import {
  DATAGRAM_BYTES_MAX,
  type Datagram,
  type DatagramSocket,
  type Lan,
  type LanSocket,
  type ReceiveDatagram,
} from "../core/lan.ts";
import { onAbort } from "./sleep.ts";
import { bindDatagrams } from "./udp-datagrams.ts";

/** Datagrams that wait for a reader; more are dropped, as a network does. */
const DATAGRAMS_WAITING_MAX = 1000;

/** The segment behind one IPv4 broadcast address, such as 10.77.0.255; 127.255.255.255 for this machine alone. */
export class UdpLan implements Lan {
  readonly #broadcastHost: string;
  readonly #host: string;

  /** @param host this board's address on the segment: datagrams for it alone arrive there. */
  constructor(broadcastHost: string, host = "127.0.0.1") {
    this.#broadcastHost = broadcastHost;
    this.#host = host;
  }

  bind(receive: ReceiveDatagram, udpPort = 0): Promise<DatagramSocket> {
    return bindDatagrams(this.#host, udpPort, receive);
  }

  async open(udpPort: number): Promise<UdpLanSocket> {
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    const destination = { port: udpPort, host: this.#broadcastHost };
    const lanSocket = new UdpLanSocket(socket, destination);
    // Bound to the broadcast address itself, Linux hands over this segment's broadcasts and nothing else,
    // a copy to every socket bound so.
    socket.bind(udpPort, this.#broadcastHost);
    await once(socket, "listening");
    lanSocket.opened();
    return lanSocket;
  }
}

interface Destination {
  readonly port: number;
  readonly host: string;
}

/** One bound UDP socket. */
export class UdpLanSocket implements LanSocket {
  /** Incoming datagrams that were too large or for which there was no room. */
  droppedCount = 0;
  /** Outgoing datagrams that the network refused. */
  refusedCount = 0;
  readonly #socket: Socket;
  readonly #destination: Destination;
  readonly #waiting: Datagram[] = [];
  #wake: (() => void) | undefined;
  #reading = false;
  #sending = 0;
  #sent: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(socket: Socket, destination: Destination) {
    this.#socket = socket;
    this.#destination = destination;
    socket.on("message", (payload, from) => this.#arrived(payload, from));
  }

  /** To be called once bound. */
  opened(): void {
    this.#socket.setBroadcast(true);
    // A fault of the network shows here as well as with its send, where it is counted.
    this.#socket.on("error", () => undefined);
  }

  broadcast(payload: Uint8Array): void {
    const { byteLength } = payload;
    if (byteLength > DATAGRAM_BYTES_MAX)
      throw new AgentError("LAN_DATAGRAM_TOO_LARGE", {
        datagramBytes: byteLength,
        datagramBytesMax: DATAGRAM_BYTES_MAX,
      });
    if (this.#closing !== undefined) return;
    this.#sending += 1;
    const { port, host } = this.#destination;
    this.#socket.send(payload.slice(), port, host, (error) => {
      if (error !== null) this.refusedCount += 1;
      this.#sending -= 1;
      if (this.#sending === 0) this.#sent?.();
    });
  }

  async *received(signal: AbortSignal): AsyncIterable<Datagram> {
    assert(!this.#reading, "a LAN socket has one reader at most");
    this.#reading = true;
    const wake = (): void => this.#wake?.();
    onAbort(signal, wake);
    try {
      while (!signal.aborted && this.#closing === undefined) {
        const datagram = this.#waiting.shift();
        if (datagram !== undefined) yield datagram;
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
      }
    } finally {
      this.#reading = false;
      signal.removeEventListener("abort", wake);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // The reader leaves first, for `#closing` is set once this function has returned its promise.
    queueMicrotask(() => this.#wake?.());
    if (this.#sending > 0)
      await new Promise<void>((resolve) => {
        this.#sent = resolve;
      });
    this.#socket.close();
    await once(this.#socket, "close");
  }

  #arrived(payload: Buffer, { address, port }: RemoteInfo): void {
    if (payload.byteLength > DATAGRAM_BYTES_MAX || this.#waiting.length >= DATAGRAMS_WAITING_MAX) {
      this.droppedCount += 1;
      return;
    }
    const arrivedMs = performance.now();
    const from = `${address}:${port}`;
    this.#waiting.push({ payload: new Uint8Array(payload), fromHost: address, from, arrivedMs });
    this.#wake?.();
  }
}
