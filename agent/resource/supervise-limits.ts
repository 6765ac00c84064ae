import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type {
  Enforcement,
  LimitedResource,
  Limits,
  ProcessLimits,
  Resources,
} from "../core/resources.ts";
import type { Child } from "../core/spawner.ts";
import type { LimitStep, Traffic, UsageSample } from "./limit-judges.ts";
import { LimitRule } from "./limit-rule.ts";
import { sharedLimits } from "./shared-limits.ts";

/** When a program is looked at, and how long it is borne with; in ms. */
export interface LimitTimes {
  /** From one look at its use to the next; default 1000. */
  readonly sampleMs?: number;
  /** From one count of its files to the next, which walks through a folder; default 10000. */
  readonly spaceSampleMs?: number;
  /** How long it may exceed a limit before it is killed; default 5000. */
  readonly graceMs?: number;
}

/** What the watch over the limits of one program is given. */
export interface LimitParts {
  readonly world: { readonly clock: Clock; readonly log: Log; readonly resources: Resources };
  /** The actors that live in the program. */
  readonly members: readonly LimitedActor[];
  readonly times?: LimitTimes;
  /** Told of everything: the agent's supervisor. */
  readonly tell: (event: LimitEvent) => void;
}

/** An actor and what it may use. */
export interface LimitedActor {
  /** For the log, and whose databases and files are its own. */
  readonly actor: string;
  readonly limits: Limits;
  /** Told of each stage that begins, to hand it to the actor. */
  readonly notify: (notice: StageNotice) => void;
}

/** What an actor is told of its limits; see LimitNotice of agent/component. */
export interface StageNotice {
  readonly kind: "limit";
  readonly resource: LimitedResource;
  readonly stage: "warning" | "exceeded";
  readonly used: number;
  readonly limit: number;
}

/** What happened to an actor's limits. */
export interface LimitEvent {
  readonly kind: "actor-limit";
  readonly actor: string;
  readonly resource: LimitedResource;
  /** normal: in its bounds again; stop: it is ended. */
  readonly stage: "normal" | "warning" | "exceeded" | "stop";
  readonly used: number;
  readonly limit: number;
}

/** The watch over one running program. */
export interface LimitWatch {
  /** Takes in what an actor says it has sent and received. */
  heard(actor: string, traffic: Traffic): void;
  /** Resolves when the watch is over: the limit for which the program was ended, if it was. */
  readonly ended: Promise<LimitedResource | undefined>;
}

/**
 * Holds `child` to the limits of its actors until `signal` aborts: after its end, or when it is left running.
 *
 * Every second its use is measured and judged; its actors are told of each stage that begins, and it is killed
 * when a limit stays exceeded. Actors that share it share processor and memory, see sharedLimits; space and network
 * are each one's own. What the system holds stays held when the watch ends before the child. A program without
 * limits is not looked at.
 */
export function superviseLimits(parts: LimitParts, child: Child, signal: AbortSignal): LimitWatch {
  const isLimited = parts.members.some(({ limits: { cpu, memory, space, network } }) =>
    [cpu, memory, space, network].some((limit) => limit !== undefined),
  );
  if (!isLimited) return { heard: () => undefined, ended: Promise.resolve(undefined) };
  const watch = new Watch(parts, child);
  return {
    heard: (actor, traffic) => watch.heard(actor, traffic),
    ended: watch.run(signal),
  };
}

/** A member with what is its own to be judged. */
class Member {
  traffic: Traffic | undefined;
  readonly actor: LimitedActor;
  readonly rule: LimitRule;
  #spaceDueMs = -Infinity;

  constructor(actor: LimitedActor, graceMs: number) {
    const { space, network } = actor.limits;
    this.actor = actor;
    const own = { ...(space && { space }), ...(network && { network }) };
    this.rule = new LimitRule(own, { heldByKernel: new Set(), graceMs });
  }

  async measure(enforcement: Enforcement, nowMs: number, spaceMs: number): Promise<UsageSample> {
    const { actor, limits } = this.actor;
    const isSpaceDue = limits.space !== undefined && nowMs >= this.#spaceDueMs;
    if (isSpaceDue) this.#spaceDueMs = nowMs + spaceMs;
    return {
      ...(isSpaceDue && { spaceBytes: await enforcement.spaceBytes(actor) }),
      ...(this.traffic && { traffic: this.traffic }),
    };
  }
}

class Watch {
  readonly #parts: LimitParts;
  readonly #child: Child;
  readonly #members: readonly Member[];
  readonly #shared: ProcessLimits;
  readonly #times: Required<LimitTimes>;
  #hasEnded = false;

  constructor(parts: LimitParts, child: Child) {
    const times = { sampleMs: 1000, spaceSampleMs: 10_000, graceMs: 5000, ...parts.times };
    this.#parts = parts;
    this.#child = child;
    this.#times = times;
    this.#members = parts.members.map((each) => new Member(each, times.graceMs));
    this.#shared = sharedLimits(parts.members.map(({ limits }) => limits));
    void child.exited.then(() => {
      this.#hasEnded = true;
    });
  }

  heard(actor: string, traffic: Traffic): void {
    const member = this.#members.find((each) => each.actor.actor === actor);
    if (member !== undefined) member.traffic = traffic;
  }

  async run(signal: AbortSignal): Promise<LimitedResource | undefined> {
    const { clock, resources } = this.#parts.world;
    const { pid, name } = this.#child;
    const enforcement = await resources.enforce({ pid, name }, this.#shared);
    const { heldByKernel } = enforcement;
    this.#sayWhatHolds(enforcement);
    const { graceMs, sampleMs } = this.#times;
    const rule = new LimitRule(this.#shared, { heldByKernel, graceMs });
    let stoppedBy: LimitedResource | undefined;
    while (!signal.aborted && stoppedBy === undefined) {
      stoppedBy = await this.#look(enforcement, rule);
      if (stoppedBy === undefined) await clock.sleep(sampleMs, signal);
    }
    if (stoppedBy !== undefined) {
      this.#child.kill();
      await this.#child.exited;
    }
    // Left running: what the system holds stays held.
    if (!this.#hasEnded) return undefined;
    stoppedBy ??= enforcement.endedByKernel();
    await enforcement[Symbol.asyncDispose]();
    return stoppedBy;
  }

  /** Measures and judges once; returns the limit for which the program has to end. */
  async #look(enforcement: Enforcement, rule: LimitRule): Promise<LimitedResource | undefined> {
    const { clock } = this.#parts.world;
    const { cpu, memory } = this.#shared;
    const usage = (cpu ?? memory) === undefined ? undefined : await enforcement.usage();
    const steps = rule.told(clock.monotonicMs(), usage ?? {});
    for (const { actor } of this.#members) this.#say(actor, steps);
    const all = [...steps];
    for (const member of this.#members) {
      const nowMs = clock.monotonicMs();
      const sample = await member.measure(enforcement, nowMs, this.#times.spaceSampleMs);
      const own = member.rule.told(nowMs, sample);
      this.#say(member.actor, own);
      all.push(...own);
    }
    return all.find(({ step }) => step === "stop")?.resource;
  }

  #say({ actor, notify }: LimitedActor, steps: readonly LimitStep[]): void {
    const { world, tell } = this.#parts;
    for (const { resource, step, used, limit } of steps) {
      const level = step === "normal" ? "info" : step === "warning" ? "warn" : "error";
      world.log.write(level, `limit-${step}`, { actor, resource, used: Math.round(used), limit });
      tell({ kind: "actor-limit", actor, resource, stage: step, used, limit });
      if (step === "warning" || step === "exceeded")
        notify({ kind: "limit", resource, stage: step, used, limit });
    }
  }

  #sayWhatHolds({ heldByKernel, warnings }: Enforcement): void {
    const { world, members } = this.#parts;
    const program = this.#child.name;
    world.log.write("info", "limits-set", { program, heldBySystem: [...heldByKernel].join(" ") });
    for (const warning of warnings) world.log.write("warn", "limits-not-held", { warning });
    for (const resource of ["cpu", "memory"] as const)
      if (this.#shared[resource] === undefined && members.some(({ limits }) => limits[resource]))
        world.log.write("warn", "limits-not-held", {
          warning: `${resource} limits of ${program}: it is shared with actors that have none`,
        });
  }
}
