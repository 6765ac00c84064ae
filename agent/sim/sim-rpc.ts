import { AgentError } from "../core/errors.ts";
import {
  type Json,
  RPC_DISCONNECTED,
  type Rpc,
  type RpcClient,
  type RpcOutcome,
  type RpcPlace,
  type RpcServer,
  type RpcSession,
} from "../core/rpc.ts";
import { onAbort } from "./abort-hooks.ts";
import type { Connection } from "./connection.ts";
import { Connector } from "./connector.ts";
import type { Listeners } from "./listeners.ts";
import type { SimParts } from "./sim-parts.ts";

type Open = (notify: (notification: Json) => void) => RpcSession;
type Receive = (message: Json) => void;

const LOST: RpcOutcome = { ok: false, code: RPC_DISCONNECTED, message: "connection lost" };
const FREE_PORTS_FROM = 49_152;

/** Where programs of one simulated host reach its socket `name`. @throws AgentError RPC_SOCKET_INVALID */
export function simSocketUrl(name: string): string {
  if (!/^[A-Za-z0-9-]{1,40}$/.test(name))
    throw new AgentError("RPC_SOCKET_INVALID", { path: name });
  return `unix:/run/${name}.sock`;
}

/** JSON-RPC within one host; what is said passes through JSON, as it does on a board. */
export class SimRpc implements Rpc {
  readonly #parts: SimParts;
  readonly #loopback: Listeners;

  /** `loopback` holds who listens on this host. */
  constructor(parts: SimParts, loopback: Listeners) {
    this.#parts = parts;
    this.#loopback = loopback;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- rejects, and does not throw
  async serve(place: RpcPlace, open: Open): Promise<RpcServer> {
    const url = typeof place === "number" ? this.#portUrl(place) : simSocketUrl(place.socket);
    if (this.#loopback.get(url) !== undefined)
      throw Object.assign(new Error(`listen EADDRINUSE: ${url}`), { code: "EADDRINUSE" });
    return new SimRpcServer(this.#parts, this.#loopback, { url, open });
  }

  #portUrl(port: number): string {
    return `http://127.0.0.1:${port === 0 ? FREE_PORTS_FROM + this.#parts.nextNumber() : port}`;
  }

  connect(url: string, signal: AbortSignal): Promise<RpcClient> {
    const client = new SimRpcClient(this.#parts, this.#loopback, url.replace(/^ws/, "http"));
    return client.connected(signal);
  }
}

class SimRpcServer implements RpcServer {
  readonly url: string;
  readonly #connections = new Map<Connection, () => void>();
  readonly #unlisten: () => void;
  #closed = false;

  constructor(parts: SimParts, loopback: Listeners, { url, open }: { url: string; open: Open }) {
    this.url = url;
    this.#unlisten = loopback.listen(url, {
      host: parts.host,
      life: parts.life,
      accept: (connection, from) => {
        const end = this.#accept(connection, from as ClientDoor, open);
        this.#connections.set(connection, end);
        return end;
      },
    });
    parts.life.owns(() => this.#close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Sessions end with us; when the program was killed instead, nobody is left to end them.
    for (const end of [...this.#connections.values()]) end();
    this.#close();
    return Promise.resolve();
  }

  #accept(connection: Connection, { receive, bind }: ClientDoor, open: Open): () => void {
    const send = (message: Json): void => {
      const text = JSON.stringify(message);
      const label = { kind: "rpc-answer", from: this.url, payload: new TextEncoder().encode(text) };
      connection.toClient(label, () => receive(JSON.parse(text) as Json));
    };
    const session = open(send);
    let live = true;
    bind((message) => {
      if (live)
        void session.answer(message).then((answer) => {
          if (live && answer !== undefined) send(answer);
        });
    });
    return () => {
      if (!live) return;
      live = false;
      session[Symbol.dispose]();
      connection.close("server");
      this.#connections.delete(connection);
    };
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unlisten();
    for (const connection of this.#connections.keys()) connection.close("server");
  }
}

interface ClientDoor {
  readonly receive: Receive;
  readonly bind: (ask: Receive) => void;
}

class SimRpcClient implements RpcClient {
  readonly closed: Promise<void>;
  readonly #url: string;
  readonly #pending = new Map<number, (outcome: RpcOutcome) => void>();
  readonly #connector: Connector;
  readonly #up: Promise<void>;
  #setClosed: () => void = () => undefined;
  #connection: Connection | undefined;
  #ask: Receive | undefined;
  #waiting: (readonly [method: string, params: Json])[] = [];
  #receiver: ((method: string, params: Json) => void) | undefined;
  #lastId = 0;

  constructor(parts: SimParts, loopback: Listeners, url: string) {
    this.#url = url;
    this.closed = new Promise((resolve) => {
      this.#setClosed = resolve;
    });
    let setUp = (): void => undefined;
    this.#up = new Promise((resolve) => {
      setUp = resolve;
    });
    const door: ClientDoor = {
      receive: (message) => this.#take(message as Record<string, Json>),
      bind: (ask) => {
        this.#ask = ask;
      },
    };
    this.#connector = new Connector(parts, {
      listeners: loopback,
      endpoint: url,
      from: door,
      connected: (connection) => {
        this.#connection = connection;
        setUp();
      },
      lost: () => this.#lost(),
    });
  }

  /** Resolves with this client when it is connected; or closed, when `signal` aborts before. */
  async connected(signal: AbortSignal): Promise<this> {
    if (signal.aborted) this.#lost();
    const forget = onAbort(signal, () => this.#lost());
    await Promise.race([this.#up, this.closed]);
    forget();
    return this;
  }

  call(method: string, params: readonly Json[]): Promise<RpcOutcome> {
    const ask = this.#ask;
    const connection = this.#connection;
    if (connection === undefined || ask === undefined) return Promise.resolve(LOST);
    this.#lastId += 1;
    const id = this.#lastId;
    const text = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    const label = { kind: "rpc-call", to: this.#url, payload: new TextEncoder().encode(text) };
    connection.toServer(label, () => ask(JSON.parse(text) as Json));
    return new Promise((resolve) => this.#pending.set(id, resolve));
  }

  receive(receiver: (method: string, params: Json) => void): void {
    this.#receiver = receiver;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [method, params] of waiting) receiver(method, params);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lost();
    return Promise.resolve();
  }

  #lost(): void {
    this.#connector.close();
    this.#connection = undefined;
    for (const settle of this.#pending.values()) settle(LOST);
    this.#pending.clear();
    this.#setClosed();
  }

  #take(message: Readonly<Record<string, Json>>): void {
    if (this.#connection === undefined) return;
    const { id, method, params = null, result, error } = message;
    if (typeof method === "string" && id === undefined) {
      if (this.#receiver !== undefined) this.#receiver(method, params);
      else this.#waiting.push([method, params]);
      return;
    }
    const settle = this.#pending.get(Number(id));
    this.#pending.delete(Number(id));
    if (error === undefined) settle?.({ ok: true, result: result ?? null });
    else settle?.({ ok: false, ...(error as { code: number; message: string; data?: Json }) });
  }
}
