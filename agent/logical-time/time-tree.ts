import type { Channel, Child, Spawner } from "../core/spawner.ts";
import { joined, ownReport, type Report } from "./report.ts";
import type { Counted, Steppable } from "./steppable.ts";

/** Down the tree: set cluster time, and answer when there is no work left. */
interface Wave {
  readonly hedgerowTime: "wave";
  readonly wave: number;
  readonly utcUs: number;
}
/** Up the tree. */
interface Answer {
  readonly hedgerowTime: "answer";
  readonly wave: number;
  readonly report: Report;
}

function isTime(message: unknown): message is Wave | Answer {
  return typeof message === "object" && message !== null && "hedgerowTime" in message;
}

/** `inner` without the messages of time, which `take` gets at once, whether or not anybody receives. */
function filtered(inner: Channel, take: (message: Wave | Answer) => void): Channel {
  let receiver: ((message: unknown) => void) | undefined;
  const early: unknown[] = [];
  inner.receive((message) => {
    if (isTime(message)) take(message);
    else if (receiver === undefined) early.push(message);
    else receiver(message);
  });
  return {
    send: (message) => inner.send(message),
    receive: (next) => {
      receiver = next;
      for (const message of early.splice(0)) next(message);
    },
  };
}

/** What the tree needs of its process. */
export interface TimeTreeParts {
  readonly clock: Steppable;
  readonly activity: Counted;
  /** Resolves after everything that is ready to run has run: a turn of the event loop. */
  readonly settle: () => Promise<void>;
}

/**
 * Carries logical time from a parent process to its children, and word of rest back.
 *
 * It shares the channels of the programs, which do not know of it. Invariant: a wave is answered once,
 * after this process and every child that lives have no work left.
 */
export class TimeTree {
  readonly #parts: TimeTreeParts;
  readonly #children = new Map<Child, Answer | undefined>();
  #wave: Wave | undefined;
  #answered = true;
  #checking = false;
  #up: (answer: Answer) => void = () => undefined;

  constructor(parts: TimeTreeParts) {
    this.#parts = parts;
  }

  /** The parent's channel without the messages of time; this process follows its parent from now on. */
  channel(parent: Channel): Channel {
    this.#up = (answer) => parent.send(answer);
    return filtered(parent, (message) => {
      if (message.hedgerowTime === "wave") this.#start(message);
    });
  }

  /** A spawner whose children follow this process. */
  spawner(inner: Spawner): Spawner {
    return {
      spawn: (call) => {
        const child = inner.spawn(call);
        this.#children.set(child, undefined);
        if (this.#wave !== undefined) child.channel.send(this.#wave);
        void child.exited.then(() => {
          this.#children.delete(child);
          this.changed();
        });
        return {
          name: child.name,
          pid: child.pid,
          exited: child.exited,
          channel: filtered(child.channel, (message) => {
            if (message.hedgerowTime === "answer") this.#answer(child, message);
          }),
          kill: () => child.kill(),
          stop: () => child.stop(),
        };
      },
      survivors: () => inner.survivors(),
    };
  }

  /** To be called after every change of the process's activity. */
  changed(): void {
    if (this.#answered || this.#checking) return;
    this.#checking = true;
    void this.#check();
  }

  /** Asks everything below, as the root of the tree; resolves when nobody has work left. */
  ask(wave: number, utcUs: number): Promise<Report> {
    return new Promise((resolve) => {
      this.#up = ({ report }) => resolve(report);
      this.#start({ hedgerowTime: "wave", wave, utcUs });
    });
  }

  #start(wave: Wave): void {
    this.#wave = wave;
    this.#answered = false;
    for (const child of this.#children.keys()) child.channel.send(wave);
    if (wave.utcUs > this.#parts.clock.utcUs()) this.#parts.clock.advanceTo(wave.utcUs);
    this.changed();
  }

  #answer(child: Child, answer: Answer): void {
    if (!this.#children.has(child)) return;
    this.#children.set(child, answer);
    this.changed();
  }

  /** Answers the wave when, after everything ready has run, there is still no work left. */
  async #check(): Promise<void> {
    await this.#parts.settle();
    this.#checking = false;
    const wave = this.#wave;
    if (wave === undefined || this.#answered || this.#parts.activity.busyCount > 0) return;
    let report = ownReport(this.#parts.activity, this.#parts.clock);
    for (const answer of this.#children.values()) {
      if (answer?.wave !== wave.wave) return;
      report = joined(report, answer.report);
    }
    this.#answered = true;
    this.#up({ hedgerowTime: "answer", wave: wave.wave, report });
  }
}
