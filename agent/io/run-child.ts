import { type ProgramTable, programOf } from "../core/program.ts";
import type { Channel } from "../core/spawner.ts";
import type { World } from "../core/world.ts";
import { ChannelEnd, LastingChannelEnd } from "./channel-end.ts";
import { type Boot, EXIT_FAILED } from "./child-protocol.ts";
import { openParentLink } from "./parent-link.ts";

/** After the parent's death, or for good without one, a program has this long to stop, in ms. */
const STOP_MS_MAX = 5000;

/**
 * Runs, in a process started by ChildSpawner, the program that its parent names, and then exits.
 *
 * Nobody is orphaned for good: the link closes with the parent, which aborts the program and, if that
 * does not end it in time, the process; a lasting one waits for its next parent first. Ctrl-C reaches
 * a whole group of processes: children leave it to their parent, who stops them in order. Whatever the
 * program forgot to catch ends it as failed.
 */
export function runChild(programs: ProgramTable, makeWorld: (boot: Boot) => World): void {
  const stop = new AbortController();
  const post = (message: unknown): void => link.tell({ kind: "message", message });
  let channel: (Channel & Pick<ChannelEnd, "arrived">) | undefined;
  const renewals: (() => void)[] = [];
  const link = openParentLink({
    heard(message) {
      if (message.kind === "message") channel?.arrived(message.message);
      else if (message.kind === "stop") stop.abort();
      else if (message.kind === "boot") void start(message.boot);
    },
    orphaned() {
      stop.abort();
      setTimeout(() => process.exit(EXIT_FAILED), STOP_MS_MAX).unref();
    },
    renewed() {
      for (const each of renewals) each();
    },
  });
  process.on("exit", () => link.ending());
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => stop.abort());
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);

  async function start(boot: Boot): Promise<void> {
    channel = link.isLasting ? new LastingChannelEnd(post, renewals) : new ChannelEnd(post);
    try {
      const program = programOf(programs, boot.program);
      await program(makeWorld(boot), boot.options, channel, stop.signal);
    } catch (error) {
      fail(error);
      return;
    }
    link.tell({ kind: "ended", asked: stop.signal.aborted }, () => process.exit());
  }

  function fail(error: unknown): void {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${reason}\n`);
    link.tell({ kind: "failed", reason }, () => process.exit(EXIT_FAILED));
  }
}
