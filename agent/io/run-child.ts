import { AgentError } from "../core/errors.ts";
import type { ProgramTable } from "../core/program.ts";
import type { World } from "../core/world.ts";
import { ChannelEnd } from "./channel-end.ts";
import { type Boot, EXIT_FAILED, type ToChild, type ToParent } from "./child-protocol.ts";

/** After the parent's death a program has this long to stop, in ms. */
const ORPHAN_MS_MAX = 5000;

/**
 * Runs, in a process forked by ChildSpawner, the program that its parent names, and then exits.
 *
 * Nobody is orphaned: the channel closes with the parent, which aborts the program and, if that does
 * not end it in time, the process. Ctrl-C reaches a whole group of processes: children leave it to
 * their parent, who stops them in order. Whatever the program forgot to catch ends it as failed.
 */
export function runChild(programs: ProgramTable, makeWorld: (boot: Boot) => World): void {
  const stop = new AbortController();
  const channel = new ChannelEnd((message) => tell({ kind: "message", message }));
  process.on("message", (told) => {
    const message = told as ToChild;
    if (message.kind === "message") channel.arrived(message.message);
    else if (message.kind === "stop") stop.abort();
    else void start(message.boot);
  });
  process.on("disconnect", () => {
    stop.abort();
    setTimeout(() => process.exit(EXIT_FAILED), ORPHAN_MS_MAX).unref();
  });
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => stop.abort());
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);

  async function start(boot: Boot): Promise<void> {
    try {
      const program = Object.hasOwn(programs, boot.program) ? programs[boot.program] : undefined;
      if (program === undefined) throw new AgentError("PROGRAM_UNKNOWN", { program: boot.program });
      await program(makeWorld(boot), boot.options, channel, stop.signal);
    } catch (error) {
      fail(error);
      return;
    }
    tell({ kind: "ended", asked: stop.signal.aborted }, () => process.exit());
  }
}

function fail(error: unknown): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${reason}\n`);
  tell({ kind: "failed", reason }, () => process.exit(EXIT_FAILED));
}

/** Sends to the parent and then calls `sent`, also when the parent is gone. */
function tell(message: ToParent, sent: () => void = () => undefined): void {
  if (process.connected && process.send) process.send(message, undefined, undefined, sent);
  else sent();
}
