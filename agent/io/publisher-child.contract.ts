// A process for the wire's tests: a publisher and an echo server that tell their endpoints and go on until killed.
import { ZmqWire } from "./zmq-wire.ts";

const wire = new ZmqWire({ host: "127.0.0.1" });
const publisher = await wire.publisher();
const server = await wire.server((request) => request.reply(request.frame));
process.on("disconnect", () => process.exit());
process.send?.({ publisher: publisher.endpoint, server: server.endpoint });
let count = 0;
setInterval(() => publisher.offer(Uint8Array.of((count += 1))), 2);
