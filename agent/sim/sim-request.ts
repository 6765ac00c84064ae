import {
  type BindOptions,
  FRAMES_QUEUED_MAX,
  type LinkState,
  type WireAnswer,
  type WireClient,
  type WireRequest,
  type WireServer,
} from "../core/wire.ts";
import { checkFrame } from "./check-frame.ts";
import type { Connection } from "./connection.ts";
import { Connector, nextEndpoint } from "./connector.ts";
import type { EventLabel } from "./life.ts";
import type { SimParts } from "./sim-parts.ts";

type Serve = (request: WireRequest) => void;
type Answer = (id: number, answer: WireAnswer) => void;
type Ask = (id: number, frame: Uint8Array, sentUtcUs: number | undefined) => void;

/** Answers requests. */
export class SimServer implements WireServer {
  readonly endpoint: string;
  /** Replies and refusals whose client was gone. */
  droppedCount = 0;
  readonly #parts: SimParts;
  readonly #serve: Serve;
  readonly #clients = new Map<Connection, Answer>();
  readonly #unlisten: () => void;
  #lastClient = 0;
  #closed = false;

  constructor(parts: SimParts, serve: Serve, { reach = "network" }: BindOptions) {
    this.#parts = parts;
    this.#serve = serve;
    this.endpoint = nextEndpoint(parts, reach);
    const { host, life, shared } = parts;
    this.#unlisten = shared.wireListeners.listen(this.endpoint, {
      host,
      life,
      reach,
      accept: (connection, door) => {
        const { answer, bind } = door as SimClientDoor;
        this.#clients.set(connection, answer);
        this.#lastClient += 1;
        const client = `client-${this.#lastClient}`;
        bind((id, frame, sentUtcUs) => this.#asked(connection, id, { frame, sentUtcUs, client }));
        return () => this.#clients.delete(connection);
      },
    });
    life.owns(() => this.#close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }

  #asked(
    connection: Connection,
    id: number,
    asked: Pick<WireRequest, "frame" | "sentUtcUs" | "client">,
  ): void {
    if (this.#closed) return;
    let isAnswered = false;
    const answer = (label: EventLabel, told: () => WireAnswer): void => {
      if (isAnswered) return;
      isAnswered = true;
      const take = this.#clients.get(connection);
      if (take === undefined || this.#parts.life.dead) {
        this.droppedCount += 1;
        this.#parts.shared.timeline.count("repliesDropped");
        return;
      }
      connection.toClient({ ...label, from: this.endpoint }, () => take(id, told()));
    };
    this.#serve({
      ...asked,
      reply: (frame, sentUtcUs) => {
        checkFrame(frame);
        answer({ kind: "reply", payload: frame }, () => {
          return { kind: "reply", frame: frame.slice(), sentUtcUs };
        });
      },
      refuse: () => answer({ kind: "refusal" }, () => REFUSED),
    });
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
  readonly bind: (ask: Ask) => void;
}

const REFUSED: WireAnswer = { kind: "none", reason: "refused" };
const LOST: WireAnswer = { kind: "none", reason: "lost" };
const TIMEOUT: WireAnswer = { kind: "none", reason: "timeout" };

interface Pending {
  readonly frame: Uint8Array;
  readonly sentUtcUs: number | undefined;
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
  #ask: Ask | undefined;
  #lastId = 0;
  #closed = false;

  constructor(parts: SimParts, endpoint: string) {
    this.#parts = parts;
    this.#endpoint = endpoint;
    const door: SimClientDoor = {
      answer: (id, answer) => this.#pending.get(id)?.settle(answer),
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
        for (const [id, { settle }] of [...this.#pending]) if (!this.#unsent.has(id)) settle(LOST);
      },
    });
  }

  async request(frame: Uint8Array, timeoutMs: number, sentUtcUs?: number): Promise<WireAnswer> {
    checkFrame(frame);
    const { life, time } = this.#parts;
    if (this.#closed || this.#pending.size >= FRAMES_QUEUED_MAX) return LOST;
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const settle = (answer: WireAnswer): void => {
        time.cancel(timeout);
        this.#pending.delete(id);
        this.#unsent.delete(id);
        resolve(answer);
      };
      const timeout = time.after(life, timeoutMs * 1000, { kind: "timeout" }, () =>
        settle(TIMEOUT),
      );
      this.#pending.set(id, { frame, sentUtcUs, settle });
      this.#unsent.add(id);
      if (this.#connection !== undefined) this.#send(id, this.#connection);
    });
  }

  link(): LinkState {
    return this.#connector.state;
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
    const { frame, sentUtcUs } = pending;
    const label = {
      kind: "request",
      from: this.#parts.life.name,
      to: this.#endpoint,
      payload: frame,
    };
    connection.toServer(label, () => ask(id, frame.slice(), sentUtcUs));
  }
}
