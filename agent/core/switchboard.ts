import {
  DATAGRAM_BYTES_MAX,
  type Datagram,
  type DatagramSocket,
  type Lan,
  type ReceiveDatagram,
} from "./lan.ts";

/** Bytes in front of every payload that say whom it is for. */
export const TAG_BYTES = 4;
/** The most bytes that a line carries in one datagram. */
export const LINE_BYTES_MAX = DATAGRAM_BYTES_MAX - TAG_BYTES;

/** One protocol's share of the board's socket. */
export interface Line {
  /**
   * Hands `payload` over for the line of the same tag at `to` (host:port); as DatagramSocket.send.
   * @throws AgentError LAN_DATAGRAM_TOO_LARGE beyond LINE_BYTES_MAX bytes.
   */
  send(to: string, payload: Uint8Array): void;
  /** Receives no more, and the tag is free; twice is once. */
  close(): void;
}

/** What passed through a switchboard; bytes are those of payloads and tags. */
export interface SwitchboardCounters {
  readonly sentCount: number;
  readonly sentBytes: number;
  readonly receivedCount: number;
  readonly receivedBytes: number;
  /** Datagrams for nobody here, dropped: an unknown tag, or none. */
  readonly unknownTagCount: number;
}

/**
 * The one datagram socket of a board, shared by its protocols: each has a tag, and sees only its own.
 * One socket means one address to learn, one hole in a firewall, and one place where loads are counted.
 */
export interface Switchboard extends AsyncDisposable {
  /** Where others send to, such as 192.168.1.7:40123. */
  readonly address: string;
  readonly counters: SwitchboardCounters;
  /**
   * The line of `tag`, TAG_BYTES letters of ASCII. `receive` gets payloads without the tag, and must not throw.
   * @throws Error when the tag has another length, or is open.
   */
  open(tag: string, receive: ReceiveDatagram): Line;
}

/** Binds the board's socket, on `udpPort` or a free one. @throws AgentError LAN_PORT_TAKEN. */
export async function openSwitchboard(lan: Lan, udpPort?: number): Promise<Switchboard> {
  const receivers = new Map<number, ReceiveDatagram>();
  const counters = {
    ...{ sentCount: 0, sentBytes: 0, receivedCount: 0, receivedBytes: 0 },
    unknownTagCount: 0,
  };
  const receive = (datagram: Datagram): void => {
    const { payload } = datagram;
    counters.receivedCount += 1;
    counters.receivedBytes += payload.byteLength;
    const receiver = payload.byteLength < TAG_BYTES ? undefined : receivers.get(numberOf(payload));
    if (receiver === undefined) counters.unknownTagCount += 1;
    else receiver({ ...datagram, payload: payload.subarray(TAG_BYTES) });
  };
  const socket: DatagramSocket = await lan.bind(receive, udpPort);
  return {
    address: socket.address,
    counters,
    open: (tag, receiver) => {
      const tagBytes = new TextEncoder().encode(tag);
      if (tagBytes.byteLength !== TAG_BYTES) throw new Error(`"${tag}" is no tag of four letters`);
      const number = numberOf(tagBytes);
      if (receivers.has(number)) throw new Error(`the line "${tag}" is open`);
      receivers.set(number, receiver);
      return {
        send: (to, payload) => {
          const whole = new Uint8Array(TAG_BYTES + payload.byteLength);
          whole.set(tagBytes);
          whole.set(payload, TAG_BYTES);
          socket.send(to, whole);
          counters.sentCount += 1;
          counters.sentBytes += whole.byteLength;
        },
        close: () => {
          if (receivers.get(number) === receiver) receivers.delete(number);
        },
      };
    },
    [Symbol.asyncDispose]: () => {
      receivers.clear();
      return socket[Symbol.asyncDispose]();
    },
  };
}

/** The tag as a number: a look-up without making a text. */
function numberOf([a = 0, b = 0, c = 0, d = 0]: Uint8Array): number {
  return a + 256 * (b + 256 * (c + 256 * d));
}
