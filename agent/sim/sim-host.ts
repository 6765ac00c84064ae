import type { Assets } from "../core/assets.ts";
import { AgentError } from "../core/errors.ts";
import type { ProgramTable } from "../core/program.ts";
import type { Child, Exit, ProgramCall } from "../core/spawner.ts";
import type { World } from "../core/world.ts";
import { Life } from "./life.ts";
import { Listeners } from "./listeners.ts";
import { channelOf, Pipe } from "./pipe.ts";
import { SeededRandom } from "./seeded-random.ts";
import { SimClock } from "./sim-clock.ts";
import { SimDisk, SimStore } from "./sim-disk.ts";
import { SimFiles } from "./sim-files.ts";
import { SimLan } from "./sim-lan.ts";
import type { Shared, SimParts } from "./sim-parts.ts";
import { SimRpc } from "./sim-rpc.ts";
import { SimWire } from "./sim-wire.ts";

/** From `stop`, or a parent's death, to the kill; as agent/io has it. */
const GRACE_US = 5_000_000;

/** What the hosts of one simulation have in common. */
export interface HostOptions {
  readonly shared: Shared;
  readonly seed: string;
  readonly programs: ProgramTable;
  readonly assets: Assets;
  readonly nextPid: () => number;
}

/** One board: a disk, a place on the network, and the programs that run on it. */
export class SimHost {
  readonly name: string;
  readonly disk = new SimDisk();
  readonly #options: HostOptions;
  readonly #random: SeededRandom;
  readonly #loopback = new Listeners();
  readonly #lives = new Set<Life>();
  #lastNumber = 0;

  constructor(name: string, options: HostOptions) {
    this.name = name;
    this.#options = options;
    this.#random = new SeededRandom(`${options.seed} host ${name}`);
  }

  /** Starts a program as systemd would. The handle is for tests: its `exited` resolves at once. */
  start(call: ProgramCall): Child {
    return this.#start(call, undefined);
  }

  /** A world on this host for a test itself; it lives until `powerOff`. */
  openWorld(name: string): World {
    return this.#worldOf(this.#born(name, () => undefined));
  }

  /** Kills all that runs here, in one instant. The disk keeps what is durable. */
  powerOff(): void {
    for (const life of [...this.#lives]) life.end({ kind: "killed", reason: "power lost" });
  }

  /** Kills the program called `name`; false when none runs. */
  kill(name: string): boolean {
    const life = [...this.#lives].find((each) => each.name === `${this.name}:${name}`);
    life?.end({ kind: "killed", reason: "killed" });
    return life !== undefined;
  }

  #start({ program, name, options }: ProgramCall, parent: Life | undefined): Child {
    const { shared, programs, nextPid } = this.#options;
    const { timeline } = shared;
    const stop = new AbortController();
    const toParent = new Pipe(timeline, parent);
    let tellExit: (exit: Exit) => void = () => undefined;
    const exited = new Promise<Exit>((resolve) => {
      tellExit = resolve;
    });
    const life = this.#born(name, (exit) => {
      timeline.transcript.add(timeline.nowUs, `${exit.kind} ${life.name}`);
      timeline.count(exit.kind);
      // To a parent it comes after all that was said; a test wants to know now.
      if (parent === undefined) tellExit(exit);
      else toParent.after(`exit ${exit.kind}`, life.name, () => tellExit(exit));
    });
    const toChild = new Pipe(timeline, life);
    const askToStop = (): void => {
      toChild.after("stop", parent?.name ?? "", () => stop.abort());
      timeline.plan(life, GRACE_US, { kind: "grace-over" }, () =>
        life.end({ kind: "killed", reason: "did not stop" }),
      );
    };
    // Nobody is orphaned.
    const disown = parent?.owns(askToStop);
    life.owns(() => disown?.());
    const cloned: unknown = structuredClone(options);
    timeline.plan(life, 0, { kind: `start ${program}` }, () => {
      const channel = channelOf(life, toParent, toChild);
      void this.#run(life, stop.signal, async () => {
        const main = Object.hasOwn(programs, program) ? programs[program] : undefined;
        if (main === undefined) throw new AgentError("PROGRAM_UNKNOWN", { program });
        await main(this.#worldOf(life), cloned, channel, stop.signal);
      });
    });
    return {
      name,
      pid: nextPid(),
      exited,
      channel: channelOf(parent, toChild, toParent),
      kill: () => life.end({ kind: "killed", reason: "killed" }),
      stop: askToStop,
    };
  }

  async #run(life: Life, signal: AbortSignal, main: () => Promise<void>): Promise<void> {
    try {
      await main();
    } catch (error) {
      life.fail(error);
      return;
    }
    if (signal.aborted) life.end({ kind: "stopped", reason: "asked to stop" });
    else life.end({ kind: "failed", reason: "ended by itself" });
  }

  #born(name: string, onEnd: (exit: Exit) => void): Life {
    const life = new Life(`${this.name}:${name}`, (exit) => {
      this.#lives.delete(life);
      onEnd(exit);
    });
    this.#lives.add(life);
    return life;
  }

  #worldOf(life: Life): World {
    const { shared, assets } = this.#options;
    const { timeline } = shared;
    const parts: SimParts = {
      shared,
      host: this.name,
      life,
      nextNumber: () => {
        this.#lastNumber += 1;
        return this.#lastNumber;
      },
    };
    return {
      clock: new SimClock(timeline, life),
      random: this.#random,
      lan: new SimLan(parts),
      wire: new SimWire(parts),
      store: new SimStore(timeline, life, this.disk),
      files: new SimFiles(life, this.disk.files),
      spawner: {
        spawn: (call) => {
          if (life.dead) throw new Error("the program was killed");
          return this.#start(call, life);
        },
        survivors: () => Promise.resolve([]),
      },
      rpc: new SimRpc(parts, this.#loopback),
      assets: { text: (path) => timeline.outside(assets.text(path)) },
      log: {
        write: (level, event, facts) => {
          if (life.dead) return;
          timeline.record(`log ${level} ${life.name} ${event}`, facts);
        },
      },
      activity: NO_ACTIVITY,
    };
  }
}

const nothing = (): void => undefined;
const NO_ACTIVITY: World["activity"] = {
  begin: nothing,
  end: nothing,
  sent: nothing,
  received: nothing,
  reached: nothing,
};
