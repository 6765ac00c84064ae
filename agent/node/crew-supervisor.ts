import type { Addressed, ToActor, ToAgent } from "../actor/protocol.ts";
import type { LimitNotice } from "../component/life.ts";
import type { Child, Exit, Survivor } from "../core/spawner.ts";
import { superviseLimits } from "../resource/supervise-limits.ts";
import { CrewDesk } from "./crew-desk.ts";
import type { Crew } from "./crew-rule.ts";
import { RestartRule } from "./restart-rule.ts";
import type { SupervisorParts } from "./supervisor-parts.ts";
import { WatchRule } from "./watch-rule.ts";

/** What a supervisor finds when it begins. */
export interface Heritage {
  /** The program of an earlier agent that runs just what is wanted. */
  readonly kept?: Survivor | undefined;
  /** Programs of an earlier agent that run something else: they end before ours starts. */
  readonly unwanted?: readonly Survivor[] | undefined;
  /** Called when every actor of `kept` has said again what holds, or its program has ended. */
  readonly retold?: (() => void) | undefined;
}

/**
 * Runs one crew as a program of its own and starts it again when it dies, until `signal` aborts.
 *
 * Invariants: never two programs of one crew; when a program has ended, none of its providers is in
 * the registry, no port waits for peers and no reader follows the ledger on its behalf.
 * Resolves when stopped, or when the crew died too often (told as "actor-given-up", logged as error).
 */
export async function superviseCrew(
  parts: SupervisorParts,
  crew: Crew,
  heritage: Heritage,
  signal: AbortSignal,
): Promise<void> {
  const { world } = parts;
  const rule = new RestartRule(crew.restart);
  const { unwanted = [] } = heritage;
  if (unwanted.length > 0) await dismissed(unwanted);
  const isStopped = (): boolean => signal.aborted;
  let { kept } = heritage;
  if (isStopped() && kept !== undefined) await dismissed([kept]);
  while (!isStopped()) {
    const exit = await runOnce(parts, crew, { kept, retold: heritage.retold }, signal);
    kept = undefined;
    if (isStopped()) return;
    for (const { instanceName: actor } of crew.actors)
      world.log.write("warn", "actor-died", { actor, kind: exit.kind, reason: exit.reason });
    const verdict = rule.died(world.clock.monotonicMs());
    if (verdict.kind === "give-up") {
      giveUp(parts, crew);
      return;
    }
    // Logical time waits: a dead actor that will be back has work left.
    world.activity.begin();
    await world.clock.sleep(verdict.delayMs, signal);
    world.activity.end();
  }
}

/** Stops programs that nobody wants any more; resolves when they are gone. */
export async function dismissed(survivors: readonly Survivor[]): Promise<void> {
  for (const { child } of survivors) child.stop();
  await Promise.all(survivors.map(({ child }) => child.exited));
}

function giveUp({ world, tell }: SupervisorParts, { actors }: Crew): void {
  for (const { instanceName: actor } of actors) {
    world.log.write("error", "actor-given-up", { actor });
    tell({ kind: "actor-given-up", actor });
  }
}

/** One life of the crew's program, from its start, or its takeover, to its end. */
async function runOnce(
  parts: SupervisorParts,
  crew: Crew,
  { kept, retold }: Pick<Heritage, "kept" | "retold">,
  signal: AbortSignal,
): Promise<Exit> {
  const { world, tell, news } = parts;
  const child = kept?.child ?? world.spawner.spawn(crew.call);
  const { pid } = child;
  const kind = kept === undefined ? "actor-started" : "actor-adopted";
  for (const { instanceName: actor } of crew.actors) tell({ kind, actor, pid });
  const ended = new AbortController();
  const send = (to: string, message: ToActor): void =>
    child.channel.send({ actor: to, message } satisfies Addressed<ToActor>);
  const desk = new CrewDesk(parts, { crew, pid, signal: ended.signal, retold }, send);
  const measured = parts.measures.join({ child, actors: crew.actors, send });
  const rule = new WatchRule(world.clock.monotonicMs(), parts.watch);
  const members = crew.actors.map(({ instanceName: actor, limits }) => ({
    ...{ actor, limits },
    notify: (notice: LimitNotice) => desk.tell(actor, { kind: "notice", notice }),
  }));
  const limits = superviseLimits({ world, tell, members }, child, ended.signal);
  child.channel.receive((raw) => {
    if (rule.heard(world.clock.monotonicMs())) desk.recovered();
    const { actor, message } = raw as Addressed<ToAgent>;
    if (message.kind === "measures") measured.heard(actor, message);
    else if (message.kind === "traffic") limits.heard(actor, message.traffic);
    else desk.heard(actor, message);
  });
  const unfollow = news.follow((notice) => desk.notify(notice));
  const unwatched = new AbortController();
  const watching = watch(parts, { child, desk, rule }, unwatched.signal);
  const end = await endOf(child, signal, () => unwatched.abort());
  ended.abort();
  const limit = await limits.ended;
  const exit = limit === undefined ? end : { ...end, reason: `stopped by limit: ${limit}` };
  await watching;
  unfollow();
  await measured.leave();
  desk.close();
  retold?.();
  const { reason } = exit;
  for (const { instanceName: actor } of crew.actors) tell({ kind: "actor-ended", actor, reason });
  return exit;
}

/** Asks a silent program whether it still turns, reports it when it does not, and in the end kills it. */
async function watch(
  { world }: SupervisorParts,
  {
    child,
    desk,
    rule,
  }: { readonly child: Child; readonly desk: CrewDesk; readonly rule: WatchRule },
  signal: AbortSignal,
): Promise<void> {
  const { clock } = world;
  while (!signal.aborted) {
    const step = rule.next(clock.monotonicMs());
    switch (step.kind) {
      case "wait":
        await clock.sleep(step.durationMs, signal);
        rule.waited(step.durationMs);
        break;
      case "ping":
        desk.ping(step.number);
        break;
      case "hangs":
        desk.hangs(step.silentMs);
        break;
      case "kill":
        world.log.write("error", "actor-killed", { program: child.name, silentMs: step.silentMs });
        child.kill();
        return;
    }
  }
}

/** Stops the child when `signal` aborts; `ending` is called then, or at its end, whatever comes first. */
async function endOf(child: Child, signal: AbortSignal, ending: () => void): Promise<Exit> {
  const stop = (): void => {
    ending();
    child.stop();
  };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const exit = await child.exited;
  signal.removeEventListener("abort", stop);
  ending();
  return exit;
}
