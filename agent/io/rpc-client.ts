import { connect as connectSocket } from "node:net";
import { WebSocket } from "ws";
import { type Json, RPC_DISCONNECTED, type RpcClient, type RpcOutcome } from "../core/rpc.ts";
import { parseJson } from "./json-text.ts";
import { textOf } from "./rpc-socket.ts";
import { onAbort, sleepMs } from "./sleep.ts";

const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 1000;
const NOTIFICATIONS_WAITING_MAX = 10_000;
/** Calls without an answer before further ones are refused. */
const CALLS_PENDING_MAX = 10_000;
/** "Limit exceeded". Source: EIP-1474. */
const LIMIT_EXCEEDED = -32_005;

const LOST: RpcOutcome = { ok: false, code: RPC_DISCONNECTED, message: "connection lost" };

/**
 * Connects to the server at `url` (http://, ws:// or unix:PATH), trying again with growing pauses until it is
 * up. When `signal` aborts first, the client that comes back is closed already.
 */
export async function connectRpc(url: string, signal: AbortSignal): Promise<RpcClient> {
  const webSocketUrl = url.replace(/^http/, "ws");
  for (let retryMs = RETRY_MS_MIN; ; retryMs = Math.min(RETRY_MS_MAX, 2 * retryMs)) {
    const client = new WebSocketRpcClient(webSocketUrl, signal);
    if ((await client.opened()) || signal.aborted) return client;
    await sleepMs(retryMs, signal);
  }
}

/** One WebSocket as a client of JSON-RPC. */
class WebSocketRpcClient implements RpcClient {
  readonly closed: Promise<void>;
  /** Messages of the server that were no JSON-RPC, or answered nothing that was asked. */
  strayCount = 0;
  readonly #socket: WebSocket | undefined;
  readonly #pending = new Map<number, (outcome: RpcOutcome) => void>();
  #waiting: (readonly [method: string, params: Json])[] = [];
  #receiver: ((method: string, params: Json) => void) | undefined;
  #lastId = 0;

  constructor(url: string, signal: AbortSignal) {
    if (signal.aborted) {
      this.closed = Promise.resolve();
      return;
    }
    const path = url.startsWith("unix:") ? url.slice("unix:".length) : undefined;
    // The server asks that the address names loopback; ws reads a path out of no URL with blanks in it.
    const socket =
      path === undefined
        ? new WebSocket(url, { perMessageDeflate: false })
        : new WebSocket("ws://localhost/", {
            perMessageDeflate: false,
            createConnection: () => connectSocket(path),
          });
    this.#socket = socket;
    this.closed = new Promise((resolve) =>
      socket.on("close", () => {
        for (const settle of this.#pending.values()) settle(LOST);
        this.#pending.clear();
        resolve();
      }),
    );
    // Refused, reset: "close" follows, and tells all there is to tell.
    socket.on("error", () => undefined);
    socket.on("message", (data) => this.#take(parseJson(textOf(data))));
    const abort = (): void => socket.terminate();
    onAbort(signal, abort);
    const settled = (): void => signal.removeEventListener("abort", abort);
    socket.on("open", settled).on("close", settled);
  }

  /** Whether the connection came about. */
  opened(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#socket?.on("open", () => resolve(true));
      void this.closed.then(() => resolve(false));
    });
  }

  call(method: string, params: readonly Json[]): Promise<RpcOutcome> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.resolve(LOST);
    if (this.#pending.size >= CALLS_PENDING_MAX)
      return Promise.resolve({
        ok: false,
        code: LIMIT_EXCEEDED,
        message: "too many calls pending",
      });
    this.#lastId += 1;
    const id = this.#lastId;
    socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return new Promise((resolve) => this.#pending.set(id, resolve));
  }

  receive(receiver: (method: string, params: Json) => void): void {
    this.#receiver = receiver;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [method, params] of waiting) receiver(method, params);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket?.terminate();
    await this.closed;
  }

  #take(message: Json | undefined): void {
    if (!isRecord(message)) this.strayCount += 1;
    else if (typeof message["method"] === "string" && message["id"] === undefined)
      this.#notified(message["method"], message["params"] ?? null);
    else this.#answered(message);
  }

  #notified(method: string, params: Json): void {
    if (this.#receiver !== undefined) this.#receiver(method, params);
    else if (this.#waiting.length < NOTIFICATIONS_WAITING_MAX) this.#waiting.push([method, params]);
    else this.strayCount += 1;
  }

  #answered(message: Readonly<Record<string, Json>>): void {
    const id = message["id"];
    const settle = typeof id === "number" ? this.#pending.get(id) : undefined;
    const outcome = toOutcome(message);
    if (settle === undefined || outcome === undefined) {
      this.strayCount += 1;
      return;
    }
    this.#pending.delete(id as number);
    settle(outcome);
  }
}

function toOutcome({ result, error }: Readonly<Record<string, Json>>): RpcOutcome | undefined {
  if (isRecord(error)) {
    const { code, message, data } = error;
    if (typeof code !== "number" || typeof message !== "string") return undefined;
    return { ok: false, code, message, ...(data === undefined ? {} : { data }) };
  }
  return result === undefined ? undefined : { ok: true, result };
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
