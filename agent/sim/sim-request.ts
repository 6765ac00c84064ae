import {
  FRAMES_QUEUED_MAX,
  type WireAnswer,
  type WireClient,
  type WireRequest,
  type WireServer,
} from "../core/wire.ts";
import { checkFrame } from "./check-frame.ts";
import type { Connection } from "./connection.ts";
import { Connector, nextEndpoint } from "./connector.ts";
import type { SimParts } from "./sim-parts.ts";

type Serve = (request: WireRequest) => void;
type Answer = (id: number, frame: Uint8Array) => void;

/** Answers requests. */
export class SimServer implements WireServer {
  readonly endpoint: string;
  /** Replies whose client was gone. */
  droppedCount = 0;
  readonly #parts: SimParts;
  readonly #serve: Serve;
  readonly #clients = new Map<Connection, Answer>();
  readonly #unlisten: () => void;
  #closed = false;

  constructor(parts: SimParts, serve: Serve) {
    this.#parts = parts;
    this.#serve = serve;
    this.endpoint = nextEndpoint(parts);
    const { host, life, shared } = parts;
    this.#unlisten = shared.wireListeners.listen(this.endpoint, {
      host,
      life,
      accept: (connection, client) => {
        const { answer, bind } = client as SimClientDoor;
        this.#clients.set(connection, answer);
        bind((id, frame) => this.#asked(connection, id, frame));
        return () => this.#clients.delete(connection);
      },
    });
    life.owns(() => this.#close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }

  #asked(connection: Connection, id: number, request: Uint8Array): void {
    if (this.#closed) return;
    let replied = false;
    const reply = (frame: Uint8Array): void => {
      checkFrame(frame);
      if (replied) return;
      replied = true;
      const answer = this.#clients.get(connection);
      if (answer === undefined || this.#parts.life.dead) {
        this.droppedCount += 1;
        this.#parts.shared.timeline.count("repliesDropped");
        return;
      }
      const label = { kind: "reply", from: this.endpoint, payload: frame };
      connection.toClient(label, () => answer(id, frame.slice()));
    };
    const client = String(id);
    this.#serve({ frame: request, sentUtcUs: undefined, client, reply, refuse: () => undefined });
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unlisten();
    for (const connection of this.#clients.keys()) connection.close("server");
    this.#clients.clear();
  }
}

/** How a server and a client know each other within one process. */
interface SimClientDoor {
  readonly answer: Answer;
  readonly bind: (ask: (id: number, frame: Uint8Array) => void) => void;
}

const LOST: WireAnswer = { kind: "none", reason: "lost" };
const TIMEOUT: WireAnswer = { kind: "none", reason: "timeout" };

interface Pending {
  readonly frame: Uint8Array;
  readonly settle: (answer: WireAnswer) => void;
}

/** Asks one server; a request waits here until there is a connection, and is never sent late. */
export class SimClient implements WireClient {
  readonly #parts: SimParts;
  readonly #endpoint: string;
  readonly #pending = new Map<number, Pending>();
  readonly #unsent = new Set<number>();
  readonly #connector: Connector;
  #connection: Connection | undefined;
  #ask: ((id: number, frame: Uint8Array) => void) | undefined;
  #lastId = 0;
  #closed = false;

  constructor(parts: SimParts, endpoint: string) {
    this.#parts = parts;
    this.#endpoint = endpoint;
    const door: SimClientDoor = {
      answer: (id, frame) =>
        this.#pending.get(id)?.settle({ kind: "reply", frame, sentUtcUs: undefined }),
      bind: (ask) => {
        this.#ask = ask;
      },
    };
    this.#connector = new Connector(parts, {
      listeners: parts.shared.wireListeners,
      endpoint,
      from: door,
      connected: (connection) => {
        this.#connection = connection;
        for (const id of this.#unsent) this.#send(id, connection);
      },
      lost: () => {
        this.#connection = undefined;
      },
    });
  }

  async request(frame: Uint8Array, timeoutMs: number): Promise<WireAnswer> {
    checkFrame(frame);
    const { timeline } = this.#parts.shared;
    if (this.#closed || this.#pending.size >= FRAMES_QUEUED_MAX) return LOST;
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const settle = (answer: WireAnswer): void => {
        timeline.cancel(timeout);
        this.#pending.delete(id);
        this.#unsent.delete(id);
        resolve(answer);
      };
      const { life } = this.#parts;
      const timeout = timeline.plan(life, timeoutMs * 1000, { kind: "timeout" }, () =>
        settle(TIMEOUT),
      );
      this.#pending.set(id, { frame, settle });
      this.#unsent.add(id);
      if (this.#connection !== undefined) this.#send(id, this.#connection);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#connector.close();
    for (const { settle } of [...this.#pending.values()]) settle(LOST);
    return Promise.resolve();
  }

  #send(id: number, connection: Connection): void {
    const pending = this.#pending.get(id);
    const ask = this.#ask;
    this.#unsent.delete(id);
    if (pending === undefined || ask === undefined) return;
    const { frame } = pending;
    const label = {
      kind: "request",
      from: this.#parts.life.name,
      to: this.#endpoint,
      payload: frame,
    };
    connection.toServer(label, () => ask(id, frame.slice()));
  }
}
