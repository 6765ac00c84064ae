import {
  FRAMES_QUEUED_MAX,
  type ReceiveFrame,
  type Wire,
  type WireClient,
  type WirePublisher,
  type WireRequest,
  type WireServer,
  type WireSubscriber,
} from "../core/wire.ts";
import { checkFrame } from "./check-frame.ts";
import type { Connection } from "./connection.ts";
import { Connector, nextEndpoint } from "./connector.ts";
import type { SimParts } from "./sim-parts.ts";
import { SimClient, SimServer } from "./sim-request.ts";

/** Message sockets of one program, with endpoints such as sim://feeder1/3. */
export class SimWire implements Wire {
  readonly #parts: SimParts;

  constructor(parts: SimParts) {
    this.#parts = parts;
  }

  publisher(): Promise<WirePublisher> {
    return Promise.resolve(new SimPublisher(this.#parts));
  }

  subscriber(receive: ReceiveFrame): WireSubscriber {
    return new SimSubscriber(this.#parts, receive);
  }

  server(serve: (request: WireRequest) => void): Promise<WireServer> {
    return Promise.resolve(new SimServer(this.#parts, serve));
  }

  client(endpoint: string): WireClient {
    return new SimClient(this.#parts, endpoint);
  }
}

class SimPublisher implements WirePublisher {
  readonly endpoint: string;
  droppedCount = 0;
  readonly #parts: SimParts;
  /** Frames under way, by subscriber. */
  readonly #subscribers = new Map<Connection, { queuedCount: number; deliver: Deliver }>();
  readonly #unlisten: () => void;
  #closed = false;

  constructor(parts: SimParts) {
    this.#parts = parts;
    this.endpoint = nextEndpoint(parts);
    const { host, life, shared } = parts;
    this.#unlisten = shared.wireListeners.listen(this.endpoint, {
      host,
      life,
      accept: (connection, deliver) => {
        this.#subscribers.set(connection, { queuedCount: 0, deliver: deliver as Deliver });
        return () => this.#subscribers.delete(connection);
      },
    });
    life.owns(() => this.#close());
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  offer(frame: Uint8Array): number {
    checkFrame(frame);
    const { timeline } = this.#parts.shared;
    let copyCount = 0;
    for (const [connection, subscriber] of this.#subscribers) {
      if (subscriber.queuedCount >= FRAMES_QUEUED_MAX) {
        this.droppedCount += 1;
        timeline.count("framesDropped");
        continue;
      }
      subscriber.queuedCount += 1;
      copyCount += 1;
      const label = { kind: "frame", from: this.endpoint, payload: frame };
      connection.toClient(label, () => {
        subscriber.queuedCount -= 1;
        timeline.count("framesDelivered");
        subscriber.deliver(frame.slice(), undefined);
      });
    }
    return copyCount;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unlisten();
    for (const connection of this.#subscribers.keys()) connection.close("server");
    this.#subscribers.clear();
  }
}

type Deliver = ReceiveFrame;

class SimSubscriber implements WireSubscriber {
  readonly #parts: SimParts;
  readonly #receive: Deliver;
  readonly #connectors = new Map<string, Connector>();
  #closed = false;
  #paused = false;

  constructor(parts: SimParts, receive: Deliver) {
    this.#parts = parts;
    this.#receive = receive;
  }

  connect(endpoint: string): void {
    if (this.#closed || this.#parts.life.dead || this.#connectors.has(endpoint)) return;
    // What is still under way when we disconnect is not handed over.
    const deliver: Deliver = (frame) => {
      if (this.#connectors.get(endpoint) === connector && !this.#paused)
        this.#receive(frame, undefined);
    };
    const nothing = (): void => undefined;
    const connector = new Connector(this.#parts, {
      listeners: this.#parts.shared.wireListeners,
      endpoint,
      from: deliver,
      connected: nothing,
      lost: nothing,
    });
    this.#connectors.set(endpoint, connector);
  }

  disconnect(endpoint: string): void {
    this.#connectors.get(endpoint)?.close();
    this.#connectors.delete(endpoint);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const connector of this.#connectors.values()) connector.close();
    this.#connectors.clear();
    return Promise.resolve();
  }
}
