// A scheduler with everything it says written down, for the tests of this room: its own clock, and the work
// that logical time would see.
import type { Activity } from "../core/activity.ts";
import type { ComponentScheduler } from "../model/app-model.ts";
import { Simulation } from "../sim/simulation.ts";
import type { Lane, LaneOptions } from "./lane.ts";
import type { DeadlineMiss, Loss } from "./life.ts";
import { Scheduler } from "./scheduler.ts";

const nothing = (): void => undefined;

export class Harness {
  readonly sim = new Simulation({ seed: 1 });
  readonly clock = this.sim.host("b").openWorld("w").clock;
  busyCount = 0;
  busyCountMin = 0;
  readonly threw: string[] = [];
  readonly failures: unknown[] = [];
  readonly hangs: [handler: string, runningMs: number][] = [];
  readonly misses: DeadlineMiss[] = [];
  readonly losses: Loss[] = [];
  /** What a fault handler would say. */
  verdict: "go-on" | "give-up" = "give-up";
  onLate: (miss: DeadlineMiss) => void = nothing;
  readonly activity: Activity = {
    begin: () => (this.busyCount += 1),
    end: () => {
      this.busyCount -= 1;
      this.busyCountMin = Math.min(this.busyCountMin, this.busyCount);
    },
    sent: nothing,
    received: nothing,
    reached: nothing,
  };
  readonly scheduler: Scheduler;

  constructor(order: ComponentScheduler = "default") {
    this.scheduler = new Scheduler({
      clock: this.clock,
      activity: this.activity,
      order,
      reports: {
        threw: (handler) => {
          this.threw.push(handler);
          return this.verdict;
        },
        failed: (error) => this.failures.push(error),
        hangs: (...told) => this.hangs.push(told),
        late: (miss) => {
          this.misses.push(miss);
          this.onLate(miss);
        },
        lost: (loss) => this.losses.push(loss),
      },
    });
  }

  started(): this {
    this.scheduler.start("handleActivate", nothing);
    return this;
  }

  /** A lane whose messages are the tasks to run. */
  lane(options: Partial<LaneOptions> = {}): Lane {
    const port = options.port ?? "in";
    return this.scheduler.lane({
      port,
      index: 1,
      handler: `on_${port}`,
      policy: { lengthMax: 10, whenFull: "dropNewest" },
      withinMs: null,
      run: ({ message }) => (message as () => unknown)(),
      ...options,
    });
  }
}

/** Lets promises rest. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
