import type { Assets } from "../core/assets.ts";
import { AgentError } from "../core/errors.ts";
import { type ProgramTable, programOf } from "../core/program.ts";
import type { Child, Exit, ProgramCall, Survivor } from "../core/spawner.ts";
import type { World } from "../core/world.ts";
import { HostTime } from "./host-time.ts";
import { type HostCpu, Life } from "./life.ts";
import { Listeners } from "./listeners.ts";
import { SeededRandom } from "./seeded-random.ts";
import { SimClock } from "./sim-clock.ts";
import { SimDisk } from "./sim-disk.ts";
import { SimFiles } from "./sim-files.ts";
import { SimIdentity } from "./sim-identity.ts";
import { SimLan } from "./sim-lan.ts";
import { SimLogHistory } from "./sim-log-history.ts";
import { NicBoard } from "./sim-nics.ts";
import type { Shared, SimParts } from "./sim-parts.ts";
import { SimProgram } from "./sim-program.ts";
import { SimLoads, SimResources } from "./sim-resources.ts";
import { SimRpc } from "./sim-rpc.ts";
import { SimStore } from "./sim-store.ts";
import { SimTree } from "./sim-tree.ts";
import { SimWire } from "./sim-wire.ts";

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
  readonly disk: SimDisk;
  /** The host's network interfaces; a test sets them. */
  readonly nics: NicBoard;
  /** What its programs have logged. */
  readonly history = new SimLogHistory();
  /** What its programs use of the processor and of memory: a test sets it. */
  readonly loads: SimLoads;
  /** Starts what its system starts when it gets power; a test sets it. */
  boot: () => void = () => undefined;
  readonly #options: HostOptions;
  readonly #cpu: HostCpu = { eventCostUs: 0, busyUntilUs: 0 };
  #asleep: { readonly lives: readonly Life[]; readonly wake: () => void } | undefined;
  readonly #random: SeededRandom;
  /** What a loss of power leaves of what was not synced. */
  readonly #power: SeededRandom;
  /** Its clocks: perfect unless a test sets them. */
  readonly time: HostTime;
  /** One for each agent and all that it has started, as each keeps its own key file. */
  readonly #identities = new WeakMap<Life, SimIdentity>();
  readonly #loopback = new Listeners();
  readonly #lives = new Set<Life>();
  readonly #programs = new Set<SimProgram>();
  #lastNumber = 0;

  constructor(name: string, options: HostOptions) {
    this.name = name;
    this.#options = options;
    this.#random = new SeededRandom(`${options.seed} host ${name}`);
    this.#power = new SeededRandom(`${options.seed} power ${name}`);
    this.time = new HostTime(options.shared.timeline, this.#lives, `${options.seed} host ${name}`);
    this.disk = new SimDisk(`${options.seed} host ${name}`);
    this.disk.tree.onCut = () => this.powerOff();
    this.nics = new NicBoard(name, options.shared.network);
    this.loads = new SimLoads(options.shared.timeline);
  }

  /** Starts a program as systemd would. The handle is for tests: its `exited` resolves at once. */
  start(call: ProgramCall): Child {
    return this.#start(call, undefined);
  }

  /** A world on this host for a test itself; it lives until `powerOff`. */
  openWorld(name: string): World {
    return this.#worldOf(this.#born(name, () => undefined));
  }

  /** How many programs run here. */
  get programCount(): number {
    return this.#lives.size;
  }

  /** The process number of the program called `name`; undefined when none runs. */
  pidOf(name: string): number | undefined {
    return [...this.#programs].find(({ call }) => call.name === name)?.pid;
  }

  /** Kills all that runs here, in one instant. The disk keeps what is durable. */
  powerOff(): void {
    this.wake();
    this.#cpu.busyUntilUs = 0;
    for (const life of [...this.#lives]) life.end({ kind: "killed", reason: "power lost" });
    this.disk.losePower(this.#options.shared.timeline.nowUs);
    this.disk.tree.powerLost(this.#power);
  }

  /** Gives it power: calls `boot`. */
  powerOn(): void {
    this.boot();
  }

  /** Nothing of the board runs, hears or measures time until `wake`; see HostTime.suspend. */
  suspend(): void {
    if (this.#asleep !== undefined) return;
    const { network } = this.#options.shared;
    const lives = [...this.#lives].filter(({ isPaused }) => !isPaused);
    const mends = [network.cut(this.name, "all"), network.cut("all", this.name)];
    for (const life of lives) life.isPaused = true;
    this.time.suspend();
    network.changed();
    this.#asleep = {
      lives,
      wake: () => {
        this.time.resume();
        for (const life of lives) this.#release(life);
        for (const mend of mends) mend();
      },
    };
  }

  wake(): void {
    this.#asleep?.wake();
    this.#asleep = undefined;
  }

  /**
   * Stops the program called `name`, and its threads, where it stands, as SIGSTOP does: it may still be
   * killed, and what happens to it waits. False when none runs.
   */
  pause(name: string): boolean {
    const lives = this.#withThreads(name);
    for (const life of lives) life.isPaused = true;
    this.#options.shared.network.changed();
    return lives.length > 0;
  }

  /** Lets it go on: what came meanwhile, timers too, happens now, in order. */
  resume(name: string): boolean {
    const lives = this.#withThreads(name);
    for (const life of lives) this.#release(life);
    this.#options.shared.network.changed();
    return lives.length > 0;
  }

  /**
   * Kills the program called `name`. One that a test started starts again at once, any other when its
   * parent wants to. False when none runs.
   */
  restart(name: string): boolean {
    const started = [...this.#programs].find(({ call }) => call.name === name);
    const isKilled = this.kill(name);
    if (started !== undefined && started.parent.life === undefined)
      this.#start(started.call, undefined);
    return isKilled;
  }

  /** From now on every event of this host takes `eventCostUs` of its one processor; 0: none. */
  hog(eventCostUs: number): void {
    this.#cpu.eventCostUs = eventCostUs;
  }

  /** The names of the programs that run here. */
  get programs(): readonly string[] {
    return [...this.#lives].map(({ name }) => name.slice(this.name.length + 1));
  }

  /** Kills the program called `name`; false when none runs. */
  kill(name: string): boolean {
    const life = this.#find(name);
    life?.end({ kind: "killed", reason: "killed" });
    return life !== undefined;
  }

  #start(call: ProgramCall, parent: Life | undefined): Child {
    const { shared, programs, nextPid } = this.#options;
    const { timeline } = shared;
    const life = this.#born(call.name, (exit) => {
      this.#programs.delete(started);
      timeline.transcript.add(timeline.nowUs, `${exit.kind} ${life.name}`);
      timeline.count(exit.kind);
    });
    const inherited = parent && this.#identities.get(parent);
    if (inherited !== undefined) this.#identities.set(life, inherited);
    const started = new SimProgram(timeline, { call, pid: nextPid() }, life, parent);
    this.#programs.add(started);
    const { program } = call;
    const { channel, stopSignal } = started;
    timeline.plan(life, 0, { kind: `start ${program}` }, () => {
      void this.#run(life, stopSignal, async () => {
        const main = programOf(programs, program);
        await main(this.#worldOf(life), started.call.options, channel, stopSignal);
      });
    });
    return started.child();
  }

  /** Rejects, and does not throw. */
  // eslint-disable-next-line @typescript-eslint/require-await -- see above
  async #survivorsOf(life: Life): Promise<readonly Survivor[]> {
    const ofThisName = [...this.#programs].filter(
      ({ call, parent }) => call.lasting === true && parent.name === life.name,
    );
    if (ofThisName.some(({ parent }) => !parent.isGone && parent.life !== life))
      throw new AgentError("SPAWNER_IN_USE", { name: life.name });
    return ofThisName
      .filter(({ parent }) => parent.isGone)
      .map((program) => ({ call: program.call, child: program.adopt(life) }));
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

  #withThreads(name: string): readonly Life[] {
    const lives = [this.#find(name)].filter((life) => life !== undefined);
    for (const life of lives)
      for (const { call, parent } of this.#programs)
        if (call.in === "thread" && parent.life === life)
          lives.push(...this.#withThreads(call.name));
    return lives;
  }

  #release(life: Life): void {
    if (!life.isPaused) return;
    life.isPaused = false;
    life.heldDatagramCount = 0;
    this.#options.shared.timeline.release(life.held.splice(0));
  }

  #find(name: string): Life | undefined {
    return [...this.#lives].find((each) => each.name === `${this.name}:${name}`);
  }

  #born(name: string, onEnd: (exit: Exit) => void): Life {
    const end = (exit: Exit): void => {
      this.#lives.delete(life);
      onEnd(exit);
    };
    const life = new Life(`${this.name}:${name}`, end, this.#cpu);
    this.#lives.add(life);
    this.#identities.set(life, new SimIdentity(life.name));
    return life;
  }

  #worldOf(life: Life): World {
    const { shared, assets } = this.#options;
    const { timeline } = shared;
    const parts: SimParts = {
      shared,
      host: this.name,
      life,
      time: this.time,
      nextNumber: () => {
        this.#lastNumber += 1;
        return this.#lastNumber;
      },
    };
    return {
      clock: new SimClock(this.time, life),
      oscillator: this.time,
      identity: this.#identities.get(life) ?? new SimIdentity(life.name),
      random: this.#random,
      lan: new SimLan(parts),
      nics: this.nics.nicsOf(timeline, life),
      wire: new SimWire(parts),
      store: new SimStore(timeline, life, this.disk),
      files: new SimFiles(timeline, life, this.disk),
      tree: new SimTree(this.disk.tree, this.name, () => life.dead),
      spawner: {
        spawn: (call) => {
          if (life.dead) throw new Error("the program was killed");
          return this.#start(call, life);
        },
        survivors: () => this.#survivorsOf(life),
      },
      rpc: new SimRpc(parts, this.#loopback),
      assets: { text: (path) => timeline.outside(assets.text(path)) },
      resources: new SimResources(
        this.loads,
        this.disk,
        (program) => this.#find(program) !== undefined,
      ),
      log: {
        write: (level, event, facts) => {
          if (life.dead) return;
          timeline.record(`log ${level} ${life.name} ${event}`, facts);
          const program = life.name.slice(this.name.length + 1);
          this.history.add({ utcUs: this.time.utcUs(), level, program, event, facts });
        },
      },
      history: this.history,
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
