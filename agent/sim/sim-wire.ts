import {
  type BindOptions,
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
import { nextEndpoint } from "./connector.ts";
import type { SimParts } from "./sim-parts.ts";
import { SimClient, SimServer } from "./sim-request.ts";
import { type Deliver, SimSubscriber } from "./sim-subscriber.ts";

/**
 * Message sockets of one program, with endpoints such as sim://feeder1/3. Nobody else is in a simulated
 * cluster: a door stays shut.
 */
export class SimWire implements Wire {
  readonly #parts: SimParts;

  constructor(parts: SimParts) {
    this.#parts = parts;
  }

  publisher(options: BindOptions = {}): Promise<WirePublisher> {
    return Promise.resolve(new SimPublisher(this.#parts, options));
  }

  subscriber(receive: ReceiveFrame): WireSubscriber {
    return new SimSubscriber(this.#parts, receive);
  }

  server(serve: (request: WireRequest) => void, options: BindOptions = {}): Promise<WireServer> {
    return Promise.resolve(new SimServer(this.#parts, serve, options));
  }

  client(endpoint: string): WireClient {
    return new SimClient(this.#parts, endpoint);
  }
}

class SimPublisher implements WirePublisher {
  readonly endpoint: string;
  droppedCount = 0;
  readonly #parts: SimParts;
  /** Frames under way or waiting for their subscriber, by subscriber. */
  readonly #subscribers = new Map<Connection, { queuedCount: number; deliver: Deliver }>();
  readonly #unlisten: () => void;
  #closed = false;

  constructor(parts: SimParts, { reach = "network" }: BindOptions) {
    this.#parts = parts;
    this.endpoint = nextEndpoint(parts, reach);
    const { host, life, shared } = parts;
    this.#unlisten = shared.wireListeners.listen(this.endpoint, {
      host,
      life,
      reach,
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

  offer(frame: Uint8Array, sentUtcUs?: number): number {
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
        timeline.count("framesDelivered");
        subscriber.deliver(frame.slice(), sentUtcUs, () => {
          subscriber.queuedCount -= 1;
        });
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
