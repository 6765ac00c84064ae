import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { AgentError } from "../core/errors.ts";
import { DATAGRAM_BYTES_MAX, type DatagramSocket, type ReceiveDatagram } from "../core/lan.ts";

/** See Lan.bind. @param host address of this board to bind to. */
export async function bindDatagrams(
  host: string,
  udpPort: number,
  receive: ReceiveDatagram,
): Promise<UdpDatagramSocket> {
  const socket = createSocket({ type: "udp4" });
  socket.bind(udpPort, host);
  try {
    await once(socket, "listening");
  } catch (error) {
    socket.close();
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new AgentError("LAN_PORT_TAKEN", { host, udpPort }, { cause: error });
  }
  return new UdpDatagramSocket(socket, receive);
}

/** One bound UDP socket of one owner. */
export class UdpDatagramSocket implements DatagramSocket {
  readonly address: string;
  /** Incoming datagrams that were too large. */
  droppedCount = 0;
  /** Outgoing datagrams that the network refused. */
  refusedCount = 0;
  readonly #socket: Socket;
  #sending = 0;
  #sent: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(socket: Socket, receive: ReceiveDatagram) {
    this.#socket = socket;
    const { address, port } = socket.address();
    this.address = `${address}:${port}`;
    socket.on("message", (payload, { address: fromHost, port: fromPort }) => {
      if (payload.byteLength > DATAGRAM_BYTES_MAX) {
        this.droppedCount += 1;
        return;
      }
      const arrivedMs = performance.now();
      const from = `${fromHost}:${fromPort}`;
      if (this.#closing === undefined)
        receive({ payload: new Uint8Array(payload), fromHost, from, arrivedMs });
    });
    // A fault of the network shows here as well as with its send, where it is counted.
    socket.on("error", () => undefined);
  }

  send(to: string, payload: Uint8Array): void {
    const { byteLength } = payload;
    if (byteLength > DATAGRAM_BYTES_MAX)
      throw new AgentError("LAN_DATAGRAM_TOO_LARGE", {
        datagramBytes: byteLength,
        datagramBytesMax: DATAGRAM_BYTES_MAX,
      });
    if (this.#closing !== undefined) return;
    // Addresses only: a name would be looked up, and wait for others.
    const [, host = "", port = ""] = /^([\d.]+):(\d{1,5})$/.exec(to) ?? [];
    if (Number(port) < 1 || Number(port) > 65_535) {
      this.refusedCount += 1;
      return;
    }
    this.#sending += 1;
    this.#socket.send(payload.slice(), Number(port), host, (error) => {
      if (error !== null) this.refusedCount += 1;
      this.#sending -= 1;
      if (this.#sending === 0) this.#sent?.();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#sending > 0)
      await new Promise<void>((resolve) => {
        this.#sent = resolve;
      });
    this.#socket.close();
    await once(this.#socket, "close");
  }
}
