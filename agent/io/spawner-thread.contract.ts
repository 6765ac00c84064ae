// The main module of the threads that the spawner's tests start.

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { ProgramTable } from "../core/program.ts";
import { CONTRACT_PROGRAMS } from "../core/spawner.contract.ts";
import { contractWorld } from "./contract-world.contract.ts";
import { runThread } from "./run-thread.ts";

/** What only a thread has to show. */
const THREAD_PROGRAMS: ProgramTable = {
  async exits() {
    await Promise.resolve();
    process.exit(0);
  },
  async computes(_world, _options, parent) {
    parent.send("computing");
    await new Promise((resolve) => setImmediate(resolve));
    for (;;);
  },
  async devours() {
    const eaten: number[][] = [];
    for (;;) eaten.push(await Promise.resolve(Array<number>(100_000).fill(eaten.length)));
  },
  async parentOfThreads({ spawner }, _options, parent) {
    const child = spawner.spawn({ in: "thread", program: "keeper", name: "inner", options: 0 });
    child.channel.receive((message) => parent.send(message));
    await new Promise(() => undefined);
  },
  /** Hears its own publisher, and says so. */
  async talks({ wire }, _options, parent) {
    const publisher = await wire.publisher();
    const subscriber = wire.subscriber((frame) => parent.send(frame[0]));
    subscriber.connect(publisher.endpoint);
    for (let count = 0; ; count += 1) {
      publisher.offer(Uint8Array.of(count % 256));
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
  /** Has a door, through which libzmq receives. */
  async opensDoor({ wire }, _options, parent) {
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, "close");
    await wire.server(() => undefined, { door: `tcp://127.0.0.1:${port}` });
    parent.send("open");
    await new Promise(() => undefined);
  },
};

runThread({ ...CONTRACT_PROGRAMS, ...THREAD_PROGRAMS }, contractWorld);
