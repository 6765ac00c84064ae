import type { RawData, WebSocket } from "ws";
import type { Json, RpcSession } from "../core/rpc.ts";
import type { HttpRpcOptions } from "./http-rpc-options.ts";
import { JSON_BAD, parseJson } from "./json-text.ts";

/**
 * Serves one WebSocket until it closes. Requests run side by side and are answered as they finish.
 *
 * Bounds: with `outstandingMax` requests unanswered the socket is not read; a reader with more than
 * `backlogBytesMax` bytes waiting for it is cut off, for it would take the board's memory with it.
 */
export function serveSocket(
  socket: WebSocket,
  { outstandingMax, backlogBytesMax }: Required<HttpRpcOptions>,
  open: (notify: (notification: Json) => void) => RpcSession,
): void {
  let outstandingCount = 0;
  const send = (message: Json): void => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(JSON.stringify(message));
    if (socket.bufferedAmount > backlogBytesMax) socket.terminate();
  };
  const session = open(send);
  const answer = async (data: RawData): Promise<void> => {
    const message = parseJson(textOf(data));
    if (message === undefined) {
      send(JSON_BAD);
      return;
    }
    outstandingCount += 1;
    if (outstandingCount === outstandingMax) socket.pause();
    const reply = await session.answer(message);
    if (outstandingCount === outstandingMax) socket.resume();
    outstandingCount -= 1;
    if (reply !== undefined) send(reply);
  };
  socket.on("message", (data) => void answer(data));
  // What goes wrong with a connection (too large a message, a reset) ends it: "close" follows.
  socket.on("error", () => undefined);
  socket.on("close", () => session[Symbol.dispose]());
}

/** The text of a WebSocket message, whose pieces were joined by ws. */
export function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.isBuffer(data) ? data.toString("utf8") : Buffer.from(data).toString("utf8");
}
