import { AgentError } from "../core/errors.ts";
import { FRAME_BYTES_MAX } from "../core/wire.ts";

/** The longest that a closed socket goes on sending what it had accepted, in ms. */
export const LINGER_MS_MAX = 200;

/** What all our ZeroMQ sockets have in common. */
export const SOCKET_OPTIONS = {
  linger: LINGER_MS_MAX,
  // A peer that announces more is cut off before memory is taken for it.
  maxMessageSize: FRAME_BYTES_MAX + 1024,
  // A board that lost its power says no goodbye, and TCP alone would wait for hours.
  heartbeatInterval: 2000,
  heartbeatTimeout: 6000,
} as const;

/** A send never waits: it is done when the call returns, or refused with EAGAIN. */
export const SEND_AT_ONCE = { sendTimeout: 0 } as const;

/** What connecting sockets have in common: quick to come back, slower the longer it takes. */
export const CONNECTOR_OPTIONS = {
  ...SOCKET_OPTIONS,
  reconnectInterval: 10,
  reconnectMaxInterval: 500,
} as const;

/** Whether `endpoint` is text that ZeroMQ can connect to; others stand for peers that never come up. */
export function isEndpoint(endpoint: string): boolean {
  return /^tcp:\/\/[\w.-]+:[1-9]\d{0,4}$/.test(endpoint) && Number(endpoint.split(":")[2]) < 65_536;
}

/** @throws AgentError WIRE_FRAME_TOO_LARGE beyond FRAME_BYTES_MAX. */
export function checkFrame(frame: Uint8Array): void {
  const frameBytes = frame.byteLength;
  if (frameBytes > FRAME_BYTES_MAX)
    throw new AgentError("WIRE_FRAME_TOO_LARGE", { frameBytes, frameBytesMax: FRAME_BYTES_MAX });
}

/** `bytes` as the Buffer that zeromq takes, without a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** What `readAll` needs of a socket. */
interface ReadSocket {
  readonly closed: boolean;
  receive(): Promise<Buffer[]>;
  close(): void;
}

/** The sockets of this thread that wait for a message. */
const reading = new Set<ReadSocket>();

/**
 * Closes every socket that waits for a message. A thread does so at its end: zeromq would otherwise
 * settle those promises when the thread's JavaScript is gone, and abort the process (zeromq.js issue 411).
 */
export function closeReading(): void {
  for (const socket of reading) socket.close();
  reading.clear();
}

/**
 * Reads messages one after the other until the socket is closed.
 * Reading a closed socket rejects; any other failure passes on.
 */
export async function readAll(socket: ReadSocket, take: (parts: Buffer[]) => void): Promise<void> {
  reading.add(socket);
  for (;;) {
    let parts: Buffer[];
    try {
      parts = await socket.receive();
    } catch (error) {
      reading.delete(socket);
      if (socket.closed) return;
      throw error;
    }
    take(parts);
  }
}
