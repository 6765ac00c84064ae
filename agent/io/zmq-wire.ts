import type { Activity } from "../core/activity.ts";
import type {
  BindOptions,
  ReceiveFrame,
  Wire,
  WireClient,
  WirePublisher,
  WireRequest,
  WireServer,
  WireSubscriber,
} from "../core/wire.ts";
import { type CurveKeys, readCurveKeys } from "./curve-keys.ts";
import type { Security } from "./link.ts";
import { ZmqClient } from "./zmq-client.ts";
import { ZmqPublisher } from "./zmq-publisher.ts";
import { ZmqServer } from "./zmq-server.ts";
import { ZmqSubscriber } from "./zmq-subscriber.ts";

/** Where the sockets of one process are bound, and who may connect. */
export interface ZmqWireOptions {
  /** Address of this board that others reach, such as 192.168.1.7; 127.0.0.1 for one machine. */
  readonly host: string;
  /**
   * With it every socket between processes is secured by CURVE: those that are bound prove the public
   * key, which their endpoints name, and those that connect show theirs. An endpoint of ours without a
   * key is then not followed. Default: nothing is secured.
   */
  readonly curve?: CurveKeys;
  /** Where frames from plain publishers are counted as sent, so that sent and received match. */
  readonly activity?: Pick<Activity, "sent">;
  /** Told whenever a subscriber's link to a publisher of ours is open: what is published from then on arrives. */
  readonly opened?: (endpoint: string) => void;
}

/**
 * Message sockets that speak ZeroMQ's protocol over TCP and Unix sockets, or hand over in memory.
 * Endpoints: tcp://host:port, ipc://@name (an abstract Unix socket), mem://process/number; after # the
 * public key in Z85. With plain+ before it, an endpoint is a program that is not ours.
 * Source: RFC 37/ZMTP 3.1, RFC 28/REQREP, RFC 29/PUBSUB, RFC 26/CurveZMQ.
 */
export class ZmqWire implements Wire {
  readonly #host: string;
  readonly #security: Security;
  readonly #activity: Pick<Activity, "sent">;
  readonly #opened: Partial<Pick<ZmqWireOptions, "opened">>;

  /** @throws AgentError WIRE_KEY_INVALID when a key of `curve` is none. */
  constructor({ host, curve, activity, opened }: ZmqWireOptions) {
    this.#host = host;
    this.#security = curve === undefined ? undefined : readCurveKeys(curve);
    this.#activity = activity ?? { sent: () => undefined };
    this.#opened = opened === undefined ? {} : { opened };
  }

  publisher(options?: BindOptions): Promise<WirePublisher> {
    return ZmqPublisher.bind({ host: this.#host, security: this.#security }, options);
  }

  subscriber(receive: ReceiveFrame): WireSubscriber {
    const parts = { security: this.#security, activity: this.#activity, ...this.#opened };
    return new ZmqSubscriber(parts, receive);
  }

  server(serve: (request: WireRequest) => void, options?: BindOptions): Promise<WireServer> {
    return ZmqServer.bind({ host: this.#host, security: this.#security }, serve, options);
  }

  client(endpoint: string): WireClient {
    return new ZmqClient(endpoint, this.#security);
  }
}
