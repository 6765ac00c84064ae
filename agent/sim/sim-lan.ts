import { AgentError } from "../core/errors.ts";
import {
  DATAGRAM_BYTES_MAX,
  type Datagram,
  type DatagramSocket,
  type Lan,
  type LanSocket,
  type ReceiveDatagram,
} from "../core/lan.ts";
import { onAbort } from "./abort-hooks.ts";
import type { Life } from "./life.ts";
import { bindSimDatagrams } from "./sim-datagrams.ts";
import type { LanReceiver, SimParts } from "./sim-parts.ts";

/** Datagrams that wait for a reader; more are dropped, as a network does. */
const DATAGRAMS_WAITING_MAX = 1000;

/** The LAN as one program sees it. */
export class SimLan implements Lan {
  readonly #parts: SimParts;

  constructor(parts: SimParts) {
    this.#parts = parts;
  }

  open(udpPort: number): Promise<LanSocket> {
    return Promise.resolve(new SimLanSocket(this.#parts, udpPort));
  }

  bind(receive: ReceiveDatagram, udpPort?: number): Promise<DatagramSocket> {
    return bindSimDatagrams(this.#parts, receive, udpPort);
  }
}

/** One socket of a program. */
class SimLanSocket implements LanSocket, LanReceiver {
  readonly udpPort: number;
  readonly host: string;
  readonly life: Life;
  readonly #parts: SimParts;
  readonly #waiting: Datagram[] = [];
  #wake: (() => void) | undefined;
  #reading = false;
  #closed = false;

  constructor(parts: SimParts, udpPort: number) {
    this.#parts = parts;
    this.udpPort = udpPort;
    this.host = parts.host;
    this.life = parts.life;
    parts.shared.lanSockets.add(this);
    parts.life.owns(() => this.#close());
  }

  broadcast(payload: Uint8Array): void {
    const { byteLength } = payload;
    if (byteLength > DATAGRAM_BYTES_MAX)
      throw new AgentError("LAN_DATAGRAM_TOO_LARGE", {
        datagramBytes: byteLength,
        datagramBytesMax: DATAGRAM_BYTES_MAX,
      });
    if (this.#closed) return;
    const { timeline, network, lanSockets } = this.#parts.shared;
    const copy = payload.slice();
    const label = { kind: "datagram", from: this.life.name, payload: copy };
    timeline.count("datagramsSent");
    for (const socket of lanSockets) {
      if (socket.udpPort !== this.udpPort) continue;
      const addresses = network.topology.broadcastsFrom(this.host, socket.host);
      if (addresses.length === 0) timeline.count("datagramsLost");
      for (const fromHost of addresses) {
        const arrive = (): void =>
          socket.arrived({
            payload: copy.slice(),
            fromHost,
            from: `${fromHost}:${this.udpPort}`,
            arrivedMs: socket.monotonicMs(),
          });
        const launch = (delayUs: number): void =>
          void timeline.plan(socket.life, delayUs, label, arrive);
        const way = { from: this.host, to: socket.host, hopCount: 0 };
        if (!network.datagram(way, byteLength, launch)) timeline.count("datagramsLost");
      }
    }
  }

  async *received(signal: AbortSignal): AsyncIterable<Datagram> {
    if (this.#reading) throw new Error("a LAN socket has one reader at most");
    this.#reading = true;
    const forget = onAbort(signal, () => this.#wake?.());
    try {
      while (!signal.aborted && !this.#closed) {
        const datagram = this.#waiting.shift();
        if (datagram !== undefined) yield datagram;
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
      }
    } finally {
      this.#reading = false;
      forget();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    this.#wake?.();
    return Promise.resolve();
  }

  monotonicMs(): number {
    return this.#parts.time.monotonicUs() / 1000;
  }

  /** Takes in one datagram. */
  arrived(datagram: Datagram): void {
    const { timeline } = this.#parts.shared;
    if (this.#closed) return;
    if (this.#waiting.length >= DATAGRAMS_WAITING_MAX) {
      timeline.count("datagramsLost");
      return;
    }
    timeline.count("datagramsDelivered");
    this.#waiting.push(datagram);
    this.#wake?.();
  }

  #close(): void {
    this.#closed = true;
    this.#parts.shared.lanSockets.delete(this);
  }
}
