import type { Channel, Child, Exit, ProgramCall } from "../core/spawner.ts";
import type { Life, SimEvent } from "./life.ts";
import { channelOf, Pipe } from "./pipe.ts";
import { GRACE_OVER, type Timeline } from "./timeline.ts";

/** From `stop`, or a parent's death, to the kill; as agent/io has it. */
const GRACE_US = 5_000_000;
/** A lasting program that no parent takes over stops itself after this; as agent/io has it. */
const ORPHAN_US_MAX = 600_000_000;

/** A program and whoever is its parent at this moment. */
export class SimProgram {
  readonly call: ProgramCall;
  readonly pid: number;
  readonly stopSignal: AbortSignal;
  /** What the program sees of its parent. */
  readonly channel: Channel;
  readonly #timeline: Timeline;
  readonly #life: Life;
  readonly #toChild: Pipe;
  readonly #stop = new AbortController();
  readonly #renewed: (() => void)[] = [];
  #parent: Life | undefined;
  #toParent: Pipe;
  #disown: (() => void) | undefined;
  #orphanTimer: SimEvent | undefined;

  /** `parent` undefined: the test itself. */
  constructor(
    timeline: Timeline,
    { call, pid }: { readonly call: ProgramCall; readonly pid: number },
    life: Life,
    parent: Life | undefined,
  ) {
    this.#timeline = timeline;
    this.call = { ...call, options: structuredClone(call.options) };
    this.pid = pid;
    this.#life = life;
    this.#toChild = new Pipe(timeline, life);
    this.#parent = parent;
    this.#toParent = new Pipe(timeline, parent);
    this.stopSignal = this.#stop.signal;
    this.channel = {
      // Whoever is the parent now; a dead one's pipe leads nowhere.
      send: (message) => channelOf(life, this.#toParent, this.#toChild).send(message),
      receive: (receiver) => this.#toChild.receive(receiver),
      ...(call.lasting === true ? { renewed: (each) => void this.#renewed.push(each) } : {}),
    };
    this.#belongTo(parent);
    life.owns(() => this.#disown?.());
  }

  /** The name of the parent, and whether it is gone. */
  get parent(): {
    readonly name: string;
    readonly isGone: boolean;
    readonly life: Life | undefined;
  } {
    const parent = this.#parent;
    return { name: parent?.name ?? "", isGone: parent?.dead === true, life: parent };
  }

  /** The program as its present parent sees it. */
  child(): Child {
    const { call, pid } = this;
    const toParent = this.#toParent;
    const parent = this.#parent;
    const exited = new Promise<Exit>((resolve) => {
      this.#life.owns(() => {
        const exit = this.#life.exit;
        if (exit === undefined) return;
        // To a parent it comes after all that was said; a test wants to know now.
        if (parent === undefined) resolve(exit);
        else toParent.after(`exit ${exit.kind}`, this.#life.name, () => resolve(exit));
      });
    });
    return {
      name: call.name,
      pid,
      exited,
      channel: channelOf(parent, this.#toChild, toParent),
      kill: () => this.#life.end({ kind: "killed", reason: "killed" }),
      stop: () => this.#askToStop(),
    };
  }

  /** Gives it to a new parent, who knows nothing of what was said. */
  adopt(parent: Life): Child {
    this.#parent = parent;
    this.#toParent = new Pipe(this.#timeline, parent);
    this.#belongTo(parent);
    if (this.#orphanTimer !== undefined) this.#timeline.cancel(this.#orphanTimer);
    this.#toChild.after("renewed", parent.name, () => {
      for (const each of this.#renewed) each();
    });
    return this.child();
  }

  #belongTo(parent: Life | undefined): void {
    this.#disown?.();
    this.#disown = parent?.owns(() => {
      // A thread is gone with its process.
      if (this.call.in === "thread")
        this.#life.end({ kind: "killed", reason: "its process ended" });
      else if (this.call.lasting !== true) this.#askToStop();
      else
        this.#orphanTimer = this.#timeline.plan(
          this.#life,
          ORPHAN_US_MAX,
          { kind: "not adopted" },
          () => this.#askToStop(),
        );
    });
  }

  #askToStop(): void {
    this.#toChild.after("stop", this.#parent?.name ?? "", () => this.#stop.abort());
    this.#timeline.plan(this.#life, GRACE_US, { kind: GRACE_OVER }, () =>
      this.#life.end({ kind: "killed", reason: "did not stop" }),
    );
  }
}
