// A process for the wire's tests: a publisher and a server that tell their endpoints and go on until killed.
// The server echoes; "hold" it never answers, and says so.
import { fromUtf8 } from "../core/run-in-world.contract.ts";
import type { Reach } from "../core/wire.ts";
import { ZmqWire } from "./zmq-wire.ts";

const reach = process.argv[2] as Reach;
const wire = new ZmqWire({ host: "127.0.0.1" });
const publisher = await wire.publisher({ reach });
const server = await wire.server(
  ({ frame, reply }) => {
    if (fromUtf8(frame) === "hold") process.send?.("held");
    else reply(frame);
  },
  { reach },
);
process.on("disconnect", () => process.exit());
process.send?.({ publisher: publisher.endpoint, server: server.endpoint });
let count = 0;
setInterval(() => publisher.offer(Uint8Array.of((count += 1))), 2);
