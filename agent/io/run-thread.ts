import assert from "node:assert/strict";
import { parentPort } from "node:worker_threads";
import { type ProgramTable, programOf } from "../core/program.ts";
import type { World } from "../core/world.ts";
import { ChannelEnd } from "./channel-end.ts";
import { type Boot, EXIT_FAILED, type ToChild, type ToParent } from "./child-protocol.ts";

/**
 * Runs, in a thread started by ThreadSpawner, the program that its parent names, and then ends the thread.
 *
 * What the program forgot to catch, and `process.exit`, end the thread as failed and leave its process
 * alone. The thread ends with its process.
 */
export function runThread(programs: ProgramTable, makeWorld: (boot: Boot) => World): void {
  const port = parentPort;
  assert(port, "runThread is called in a thread");
  const tell = (message: ToParent): void => port.postMessage(message);
  const stop = new AbortController();
  const channel = new ChannelEnd((message) => tell({ kind: "message", message }));
  port.on("message", (message: ToChild) => {
    if (message.kind === "message") channel.arrived(message.message);
    else if (message.kind === "stop") stop.abort();
    else if (message.kind === "kill") process.exit(EXIT_FAILED);
    else void start(message.boot);
  });
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);

  async function start(boot: Boot): Promise<void> {
    try {
      const program = programOf(programs, boot.program);
      await program(makeWorld(boot), boot.options, channel, stop.signal);
    } catch (error) {
      fail(error);
      return;
    }
    tell({ kind: "ended", asked: stop.signal.aborted });
    process.exit();
  }

  function fail(error: unknown): void {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${reason}\n`);
    tell({ kind: "failed", reason });
    process.exit(EXIT_FAILED);
  }
}
