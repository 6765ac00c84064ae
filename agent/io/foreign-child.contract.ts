import assert from "node:assert/strict";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { utf8 } from "../core/run-in-world.contract.ts";
import { makeCurveKeys } from "./curve-keys.ts";
import { ZmqWire } from "./zmq-wire.ts";

/** Main module of a test process, told a free address: says when libzmq is loaded, and lets threads end in the open. */

/** Whether the add-on is in this process. Source: Node's diagnostic report. */
function isLoaded(): boolean {
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
  return sharedObjects.some((path) => path.includes("zeromq"));
}

async function openDoors(door: string): Promise<void> {
  const wire = new ZmqWire({ host: "127.0.0.1", curve: makeCurveKeys() });
  await wire.server(() => undefined, { door });
  wire.subscriber(() => undefined).connect("plain+tcp://127.0.0.1:9");
}

async function inProcess(door: string): Promise<void> {
  const wire = new ZmqWire({ host: "127.0.0.1" });
  await using publisher = await wire.publisher();
  await using server = await wire.server(() => undefined);
  await using subscriber = wire.subscriber(() => undefined);
  subscriber.connect(publisher.endpoint);
  await using client = wire.client(`plain+${server.endpoint}`);
  await client.request(utf8("x"), 1);
  assert(!isLoaded(), "libzmq is loaded, and nobody uses it");
  for (const ends of ["exit", "exit"]) await threadThatEnds(ends, door);
  const last = await wire.server(() => undefined, { door });
  assert(isLoaded());
  await last[Symbol.asyncDispose]();
  await openDoors(door);
  process.exit();
}

/** With a door open, by itself or by force; then the door is free again. */
async function threadThatEnds(ends: string, door: string): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { ends, door } });
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  if (ends === "terminate") {
    await new Promise((resolve) => worker.once("message", resolve));
    void worker.terminate();
  }
  await ended;
}

if (isMainThread) await inProcess(process.argv[2] ?? "");
else {
  const { ends, door } = workerData as { ends: string; door: string };
  await openDoors(door);
  if (ends === "exit") process.exit();
  const { parentPort } = await import("node:worker_threads");
  parentPort?.postMessage("open");
}
