import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Json, RpcServer, RpcSession } from "../core/rpc.ts";
import type { HttpRpcOptions } from "./http-rpc-options.ts";
import { JSON_BAD, parseJson } from "./json-text.ts";
import { serveSocket } from "./rpc-socket.ts";
import { isAnswering } from "./rpc-socket-path.ts";

type Open = (notify: (notification: Json) => void) => RpcSession;

/** Owner and group may connect. Source: unix(7), to connect is to write. */
const SOCKET_MODE = 0o660;

/**
 * One port of loopback, or one Unix socket, that answers JSON-RPC by POST and by WebSocket.
 *
 * A web page must not drive a board's ledger through its owner's browser: the Host header has to
 * name loopback (else a page could rebind its own name to 127.0.0.1), the Origin too where one is
 * sent, and a POST must be application/json, which no page may send to strangers unasked.
 * A session whose `answer` rejects is a bug and ends the process as one.
 */
export class HttpRpcServer implements RpcServer {
  readonly #options: Required<HttpRpcOptions>;
  readonly #open: Open;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  #port = 0;
  #path: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: Required<HttpRpcOptions>, open: Open) {
    this.#options = options;
    this.#open = open;
    this.#http = createServer((request, response) => void this.#post(request, response));
    this.#http.maxConnections = options.connectionsMax;
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: options.bodyBytesMax,
      perMessageDeflate: false,
    });
    this.#http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (!isLocal(request)) {
        socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) =>
        serveSocket(webSocket, options, open),
      );
    });
  }

  get url(): string {
    return this.#path !== undefined ? `unix:${this.#path}` : `http://127.0.0.1:${this.#port}`;
  }

  /** Starts to listen on `port` of loopback, or on a free one when it is 0; rejects when it is taken. */
  async listen(port: number): Promise<void> {
    await this.#listening(() => this.#http.listen(port, "127.0.0.1"));
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  /**
   * Listens at a Unix socket, in place of one that a dead process has left; rejects when it is taken.
   * Who may enter its folder and is of its group may ask.
   */
  async listenAt(path: string): Promise<void> {
    if (!(await isAnswering(path))) await rm(path, { force: true });
    await this.#listening(() => this.#http.listen(path));
    await chmod(path, SOCKET_MODE);
    this.#path = path;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= new Promise<void>((resolve) => {
      for (const socket of this.#sockets.clients) socket.terminate();
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
    return this.#closing;
  }

  async #listening(listen: () => void): Promise<void> {
    const listening = once(this.#http, "listening");
    listen();
    await listening;
  }

  async #post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refuse(request);
    if (refusal !== undefined) {
      end(response, refusal);
      return;
    }
    const body = await readBody(request, this.#options.bodyBytesMax);
    if (body === undefined) {
      end(response, 413);
      return;
    }
    const message = parseJson(body);
    if (message === undefined) {
      end(response, 200, JSON_BAD);
      return;
    }
    // HTTP has no way to push: what the session tells is dropped.
    using session = this.#open(() => undefined);
    const answer = await session.answer(message);
    if (answer === undefined) end(response, 204);
    else end(response, 200, answer);
  }
}

function refuse(request: IncomingMessage): number | undefined {
  if (!isLocal(request)) return 403;
  if (request.method !== "POST") return 405;
  if (request.url !== "/") return 404;
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) return 415;
  return undefined;
}

function isLocal({ headers: { host = "", origin } }: IncomingMessage): boolean {
  const local = /^(https?:\/\/)?(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;
  return local.test(host) && (origin === undefined || local.test(origin));
}

/** The whole body, or undefined when it is too large or its sender went away. */
async function readBody(request: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  return await new Promise((resolve) => {
    request.on("data", (chunk: Buffer) => {
      byteCount += chunk.byteLength;
      if (byteCount > bytesMax) resolve(undefined);
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.on("error", () => resolve(undefined));
    request.on("close", () => resolve(undefined));
  });
}

function end(response: ServerResponse, status: number, answer?: Json): void {
  // A refused sender may still be sending: do not keep its connection.
  const headers: Record<string, string> = status < 300 ? {} : { connection: "close" };
  if (answer !== undefined) headers["content-type"] = "application/json";
  response.writeHead(status, headers);
  response.end(answer === undefined ? undefined : JSON.stringify(answer));
}
