// Goal: ZmqWire keeps the contract on loopback, and noise on its ports harms nobody.
// Method: the contract; raw ZeroMQ sockets that speak nonsense; a publisher's process that is killed.
// Seed: none.
import { wireContract } from "../core/wire.contract.ts";
import { SystemClock } from "./system-clock.ts";
import { ZmqWire } from "./zmq-wire.ts";

wireContract("zeromq", (body) =>
  body({ wire: new ZmqWire({ host: "127.0.0.1" }), clock: new SystemClock() }),
);
