import type { Observer, Socket, SocketOptions } from "zeromq";
import { AgentError } from "../core/errors.ts";
import { FRAME_BYTES_MAX } from "../core/wire.ts";
import { LINGER_MS_MAX } from "./link.ts";
import { parseEndpoint } from "./wire-address.ts";

/** The package, which brings libzmq as a native add-on. */
export type Zeromq = typeof import("zeromq");

/** Messages that wait in libzmq for one peer, as is its default. */
export const FOREIGN_QUEUED_MAX = 1000;
/** What CURVE adds to a frame, and more. */
const SEALED_BYTES_MAX = 64;
/** A peer that takes nothing, or does not answer, is given up after this long. */
const SILENCE_MS_MAX = 15_000;

/** What all sockets of libzmq here are made with. */
export const FOREIGN_OPTIONS = {
  linger: LINGER_MS_MAX,
  maxMessageSize: FRAME_BYTES_MAX + SEALED_BYTES_MAX,
  // TCP's own signs of life: peers of old versions do not know those of ZMTP. Source: tcp(7).
  tcpKeepalive: 1,
  tcpKeepaliveIdle: 10,
  tcpKeepaliveInterval: 2,
  tcpKeepaliveCount: 3,
  tcpMaxRetransmitTimeout: SILENCE_MS_MAX,
} satisfies SocketOptions<Socket>;

const openSockets = new Set<Socket>();
let loading: Promise<Zeromq> | undefined;

/**
 * Loads libzmq: with the first door, or the first program that is not ours and is followed.
 * A thread or process that ends with open sockets of libzmq may be aborted: they are closed then.
 */
export function loadZeromq(): Promise<Zeromq> {
  loading ??= import("zeromq").then((zeromq) => {
    process.once("exit", () => {
      for (const socket of openSockets) socket.close();
    });
    return zeromq;
  });
  return loading;
}

/** Keeps `socket` in mind until `closeForeign`. */
export function keepForeign<S extends Socket>(socket: S): S {
  openSockets.add(socket);
  return socket;
}

/** Closes `socket`, now or again; what it had accepted is sent for LINGER_MS_MAX. */
export function closeForeign(socket: Socket): void {
  openSockets.delete(socket);
  socket.close();
}

/**
 * Binds `socket` to a door, or closes it.
 * @throws AgentError WIRE_DOOR_CLOSED when the address means nothing, or cannot be bound.
 */
export function bindDoor(socket: Socket, door: string): void {
  const address = parseEndpoint(door);
  try {
    if (address?.kind !== "tcp" || address.isPlain || address.key !== undefined)
      throw new AgentError("WIRE_DOOR_CLOSED", { door, reason: "not an address to bind" });
    socket.ipv6 = address.host.startsWith("[");
    socket.bindSync(door);
  } catch (error) {
    closeForeign(socket);
    if (error instanceof AgentError) throw error;
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new AgentError("WIRE_DOOR_CLOSED", { door, reason: code }, { cause: error });
  }
}

/** Closes a socket with a door; resolves when its address is free again, or after LINGER_MS_MAX. */
export async function closeDoor(socket: Socket): Promise<void> {
  const { events, lastEndpoint } = socket;
  if (lastEndpoint !== null) {
    const freed = listenerClosed(events);
    unbind(socket, lastEndpoint);
    await freed;
  }
  closeForeign(socket);
}

/**
 * Gives an address of `socket` up, at once. To libzmq that and disconnecting are the same; the package's
 * own unbind works on another thread while this one may be receiving, and its unbindSync (6.8.0) binds.
 */
export function unbind(socket: Socket, address: string): void {
  socket.disconnect(address);
}

/** libzmq closes its listener on a thread of its own, and tells when it has. */
async function listenerClosed(events: Observer): Promise<void> {
  const timer = setTimeout(() => events.close(), LINGER_MS_MAX);
  for await (const { type } of events) if (type === "close") break;
  clearTimeout(timer);
  events.close();
}
