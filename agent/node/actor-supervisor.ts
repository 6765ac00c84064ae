import type { Addressed, CrewOptions, ToActor, ToAgent } from "../actor/protocol.ts";
import type { LedgerService } from "../component/ledger-service.ts";
import type { Child } from "../core/spawner.ts";
import type { World } from "../core/world.ts";
import type { Registry } from "../discovery/registry.ts";
import type { ActorInstance } from "../model/instances.ts";
import { superviseLimits } from "../resource/supervise-limits.ts";
import { serveLedger } from "./ledger-bridge.ts";
import type { NodeMessage } from "./node-options.ts";
import { RestartRule } from "./restart-rule.ts";

/** What the supervisor of an actor is given. */
export interface SupervisorParts {
  readonly world: World;
  readonly registry: Registry;
  /** Undefined when the board has no ledger. */
  readonly ledger: LedgerService | undefined;
  readonly tell: (message: NodeMessage) => void;
}

/**
 * Runs one actor as a program of its own and starts it again when it dies, until `signal` aborts.
 *
 * Invariant: when a program has ended, none of its providers is in the registry, no port waits for
 * peers and no reader follows the ledger on its behalf.
 * Resolves when stopped, or when the actor died too often (told as "actor-ended", logged as error).
 */
export async function superviseActor(
  parts: SupervisorParts,
  actor: ActorInstance,
  signal: AbortSignal,
): Promise<void> {
  const { world, tell } = parts;
  const rule = new RestartRule();
  const name = actor.instanceName;
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    const child = world.spawner.spawn({
      program: "actor",
      name: `${actor.board}/${name}`,
      options: { actors: [actor] } satisfies CrewOptions,
      ...(actor.limits.memory === undefined ? {} : { memoryBytesMax: actor.limits.memory.bytes }),
    });
    tell({ kind: "actor-started", actor: name, pid: child.pid });
    const exit = await hosted(parts, actor, child, signal);
    tell({ kind: "actor-ended", actor: name, reason: exit.reason });
    if (isStopped()) return;
    world.log.write("warn", "actor-died", { actor: name, kind: exit.kind, reason: exit.reason });
    const verdict = rule.died(world.clock.monotonicMs());
    if (verdict.kind === "give-up") {
      world.log.write("error", "actor-given-up", { actor: name });
      return;
    }
    // Logical time waits: a dead actor that will be back has work left.
    world.activity.begin();
    await world.clock.sleep(verdict.delayMs, signal);
    world.activity.end();
  }
}

async function hosted(
  { world, registry, ledger, tell }: SupervisorParts,
  actor: ActorInstance,
  child: Child,
  signal: AbortSignal,
): ReturnType<typeof endOf> {
  const ended = new AbortController();
  const undo: (() => void)[] = [];
  const name = actor.instanceName;
  const send = (message: ToActor): void =>
    child.channel.send({ actor: name, message } satisfies Addressed<ToActor>);
  const ledgerCalls = serveLedger({ ledger, send, log: world.log, signal: ended.signal });
  const limits = superviseLimits(
    {
      ...{ world, tell },
      members: [
        { actor: name, limits: actor.limits, notify: (notice) => send({ kind: "notice", notice }) },
      ],
    },
    child,
    ended.signal,
  );
  child.channel.receive((raw) => {
    const { message } = raw as Addressed<ToAgent>;
    switch (message.kind) {
      case "provide":
        registry.provide(String(child.pid), message);
        break;
      case "require": {
        const { port, key } = message;
        undo.push(registry.require(key, (endpoints) => send({ kind: "peers", port, endpoints })));
        break;
      }
      case "active":
        tell({ kind: "actor-active", actor: actor.instanceName });
        break;
      case "ledger":
      case "follow":
      case "event-done":
        ledgerCalls(message);
        break;
      case "traffic":
        limits.heard(name, message.traffic);
        break;
      case "withdraw":
      case "release":
      case "pong":
      case "fault":
      case "hang":
      case "deadline":
        break;
    }
  });
  const exit = await endOf(child, signal);
  ended.abort();
  for (const each of undo) each();
  registry.withdraw(String(child.pid));
  const limit = await limits.ended;
  return limit === undefined ? exit : { ...exit, reason: `stopped by limit: ${limit}` };
}

async function endOf(child: Child, signal: AbortSignal): Child["exited"] {
  const stop = (): void => child.stop();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const exit = await child.exited;
  signal.removeEventListener("abort", stop);
  return exit;
}
