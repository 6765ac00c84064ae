import type { Clock } from "../core/clock.ts";
import type { TrafficLimit } from "../core/resources.ts";
import type {
  BindOptions,
  LinkState,
  ReceiveFrame,
  Wire,
  WireAnswer,
  WireClient,
  WirePublisher,
  WireRequest,
  WireServer,
} from "../core/wire.ts";
import type { Traffic } from "./limit-judges.ts";
import { TokenBucket } from "./token-bucket.ts";

/** A wire that counts what goes over it, and holds what is sent to a ceiling. */
export interface MeteredWire extends Wire {
  readonly traffic: Traffic;
}

/**
 * Counts the bytes of all frames that go over `wire`, and lets nothing beyond the ceiling out: copies of a
 * published frame are dropped and counted by its publisher, requests and replies are refused.
 *
 * Copies to each subscriber count. What is published within the process or the board does not. What comes
 * in is counted and let in: it has already taken its share of the network.
 */
export function meteredWire(wire: Wire, limit: TrafficLimit, clock: Clock): MeteredWire {
  const bucket = new TokenBucket(limit, clock.monotonicMs());
  const traffic = { sentBytes: 0, refusedBytes: 0, receivedBytes: 0 };
  const meter: Meter = {
    leaves(byteCount) {
      const mayLeave = bucket.take(byteCount, clock.monotonicMs());
      if (mayLeave) traffic.sentBytes += byteCount;
      else traffic.refusedBytes += byteCount;
      return mayLeave;
    },
    arrived(byteCount) {
      traffic.receivedBytes += byteCount;
    },
  };
  return {
    traffic,
    async publisher(options?: BindOptions) {
      const publisher = await wire.publisher(options);
      return (options?.reach ?? "network") === "network"
        ? new MeteredPublisher(publisher, meter)
        : publisher;
    },
    subscriber: (receive: ReceiveFrame) =>
      wire.subscriber((frame, sentUtcUs) => {
        meter.arrived(frame.byteLength);
        receive(frame, sentUtcUs);
      }),
    server: (serve: (request: WireRequest) => void, options?: BindOptions): Promise<WireServer> =>
      wire.server((request) => serve(meteredRequest(request, meter)), options),
    client: (endpoint) => new MeteredClient(wire.client(endpoint), meter),
  };
}

interface Meter {
  /** Whether so many bytes may leave now; counted either way. */
  leaves(byteCount: number): boolean;
  arrived(byteCount: number): void;
}

class MeteredPublisher implements WirePublisher {
  readonly #publisher: WirePublisher;
  readonly #meter: Meter;
  #refusedCount = 0;

  constructor(publisher: WirePublisher, meter: Meter) {
    this.#publisher = publisher;
    this.#meter = meter;
  }

  get endpoint(): string {
    return this.#publisher.endpoint;
  }

  get subscriberCount(): number {
    return this.#publisher.subscriberCount;
  }

  get droppedCount(): number {
    return this.#publisher.droppedCount + this.#refusedCount;
  }

  offer(frame: Uint8Array, sentUtcUs?: number): number {
    const { subscriberCount } = this.#publisher;
    // To nobody nothing leaves; the frame is still checked.
    if (subscriberCount === 0 || this.#meter.leaves(frame.byteLength * subscriberCount))
      return this.#publisher.offer(frame, sentUtcUs);
    this.#refusedCount += subscriberCount;
    return 0;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#publisher[Symbol.asyncDispose]();
  }
}

class MeteredClient implements WireClient {
  readonly #client: WireClient;
  readonly #meter: Meter;

  constructor(client: WireClient, meter: Meter) {
    this.#client = client;
    this.#meter = meter;
  }

  async request(frame: Uint8Array, timeoutMs: number, sentUtcUs?: number): Promise<WireAnswer> {
    if (!this.#meter.leaves(frame.byteLength)) return { kind: "none", reason: "refused" };
    const answer = await this.#client.request(frame, timeoutMs, sentUtcUs);
    if (answer.kind === "reply") this.#meter.arrived(answer.frame.byteLength);
    return answer;
  }

  link(): LinkState {
    return this.#client.link();
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#client[Symbol.asyncDispose]();
  }
}

function meteredRequest(request: WireRequest, meter: Meter): WireRequest {
  meter.arrived(request.frame.byteLength);
  const { frame, sentUtcUs, client, reply, refuse } = request;
  return {
    ...{ frame, sentUtcUs, client, refuse },
    reply: (answer, answeredUtcUs) => {
      if (meter.leaves(answer.byteLength)) reply(answer, answeredUtcUs);
      else refuse();
    },
  };
}
