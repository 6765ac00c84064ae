// The main module of the processes that the tests of limits start: they take what they are told to take.
import { closeSync, openSync } from "node:fs";
import { PassThrough } from "node:stream";
import type { Program } from "../core/program.ts";
import { aborted } from "../core/waiting.ts";
import { makeWorld } from "../io/real-world.ts";
import { runChild } from "../io/run-child.ts";
import type { Appetite } from "./limits.contract.ts";

const hungry: Program = async (_world, _options, parent, signal) => {
  const taken: unknown[] = [];
  let isBurning = false;
  const burn = (): void => {
    const startMs = performance.now();
    while (performance.now() - startMs < 20);
    if (isBurning) setImmediate(burn);
  };
  parent.receive((message) => {
    const { memoryBytes = 0, isBurning: wantsToBurn = false, heapBytes = 0 } = message as Appetite;
    // Each byte is written: memory that was only asked for is none.
    if (memoryBytes > 0) taken.push(Buffer.alloc(memoryBytes, 1));
    if (heapBytes > 0) quiet();
    for (let bytes = 0; bytes < heapBytes; bytes += 8e5) taken.push(Array(1e5).fill(0.5));
    if (wantsToBurn && !isBurning) setImmediate(burn);
    isBurning = wantsToBurn;
    parent.send(taken.length);
  });
  parent.send("up");
  await aborted(signal);
};

/** V8's last words are long, and expected: what is opened next has the number of standard error. */
function quiet(): void {
  closeSync(2);
  openSync("/dev/null", "w");
}

runChild({ hungry }, ({ name }) =>
  makeWorld({
    name,
    host: "127.0.0.1",
    broadcastHost: "127.255.255.255",
    dataFolder: "unused",
    assetsFolder: ".",
    logStream: new PassThrough(),
    spawner: { mainModule: new URL(import.meta.url) },
  }),
);
