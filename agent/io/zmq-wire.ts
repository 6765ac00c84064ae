import type {
  ReceiveFrame,
  Wire,
  WireClient,
  WirePublisher,
  WireRequest,
  WireServer,
  WireSubscriber,
} from "../core/wire.ts";
import { ZmqClient } from "./zmq-client.ts";
import { ZmqPublisher } from "./zmq-publisher.ts";
import { ZmqServer } from "./zmq-server.ts";
import { ZmqSubscriber } from "./zmq-subscriber.ts";

/** Where the sockets of one process are bound. */
export interface ZmqWireOptions {
  /** Address of this board that others reach, such as 192.168.1.7; 127.0.0.1 for one machine. */
  readonly host: string;
}

/** Message sockets over ZeroMQ on TCP. Source: zguide.zeromq.org; RFC 23/ZMTP 3.1 for heartbeats. */
export class ZmqWire implements Wire {
  readonly #address: string;

  constructor({ host }: ZmqWireOptions) {
    this.#address = `tcp://${host}:*`;
  }

  publisher(): Promise<WirePublisher> {
    return ZmqPublisher.bind(this.#address);
  }

  subscriber(receive: ReceiveFrame): WireSubscriber {
    return new ZmqSubscriber(receive);
  }

  server(serve: (request: WireRequest) => void): Promise<WireServer> {
    return ZmqServer.bind(this.#address, serve);
  }

  client(endpoint: string): WireClient {
    return new ZmqClient(endpoint);
  }
}
