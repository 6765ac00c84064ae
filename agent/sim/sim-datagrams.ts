import { AgentError } from "../core/errors.ts";
import { DATAGRAM_BYTES_MAX, type DatagramSocket, type ReceiveDatagram } from "../core/lan.ts";
import type { SimParts } from "./sim-parts.ts";

/** Ports from here on are given to those who name none. */
const FREE_PORT_MIN = 32_768;
const FREE_PORT_COUNT = 28_000;

/** See Lan.bind. */
// eslint-disable-next-line @typescript-eslint/require-await -- rejects, and does not throw
export async function bindSimDatagrams(
  parts: SimParts,
  receive: ReceiveDatagram,
  udpPort?: number,
): Promise<DatagramSocket> {
  const { host, life, shared, time } = parts;
  const { timeline, network, datagramSockets } = shared;
  const port = udpPort ?? FREE_PORT_MIN + (parts.nextNumber() % FREE_PORT_COUNT);
  const address = `${host}:${port}`;
  if (datagramSockets.has(address)) throw new AgentError("LAN_PORT_TAKEN", { host, udpPort: port });
  const close = (): void => {
    if (datagramSockets.get(address) === receiver) datagramSockets.delete(address);
  };
  const receiver = {
    life,
    arrived: (payload: Uint8Array, from: string): void => {
      if (datagramSockets.get(address) !== receiver) return;
      timeline.count("datagramsDelivered");
      const arrivedMs = time.monotonicUs() / 1000;
      receive({ payload, from, fromHost: from.slice(0, from.lastIndexOf(":")), arrivedMs });
    },
  };
  datagramSockets.set(address, receiver);
  const disown = life.owns(close);
  return {
    address,
    send: (to, payload) => {
      const { byteLength } = payload;
      if (byteLength > DATAGRAM_BYTES_MAX)
        throw new AgentError("LAN_DATAGRAM_TOO_LARGE", {
          datagramBytes: byteLength,
          datagramBytesMax: DATAGRAM_BYTES_MAX,
        });
      if (datagramSockets.get(address) !== receiver) return;
      timeline.count("datagramsSent");
      const copy = payload.slice();
      const colon = to.lastIndexOf(":");
      const toAddress = to.slice(0, colon);
      const toHost = network.topology.hostOf(toAddress);
      const route = network.topology.route(host, toHost, toAddress);
      if (route === undefined) {
        timeline.count("datagramsLost");
        return;
      }
      const toSocket = toHost === toAddress ? to : `${toHost}${to.slice(colon)}`;
      const from = route.fromAddress === host ? address : `${route.fromAddress}:${port}`;
      const other = datagramSockets.get(toSocket);
      const label = { kind: "datagram", from: life.name, payload: copy };
      let copyCount = 0;
      // Who has the address when it arrives gets it: nobody, or the next owner.
      const arrive = (): void => {
        datagramSockets.get(toSocket)?.arrived(copyCount > 1 ? copy.slice() : copy, from);
      };
      const launch = (delayUs: number): void => {
        copyCount += 1;
        timeline.plan(other?.life, delayUs, label, arrive);
      };
      const way = { from: host, to: toHost, hopCount: route.hopCount };
      if (!network.datagram(way, byteLength, launch)) timeline.count("datagramsLost");
    },
    [Symbol.asyncDispose]: () => {
      disown();
      close();
      return Promise.resolve();
    },
  };
}
