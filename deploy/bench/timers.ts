import { UNKNOWN_QUALITY } from "../../agent/core/clock.ts";
import { SystemClock } from "../../agent/io/system-clock.ts";
import { TimerPort } from "../../agent/ports/timer-port.ts";
import { type Figure, figure, percentile } from "./figures.ts";

/** The oscillator of this machine is taken to be so much slow, in ppb: as a cheap board's may be. */
const SLOW_PPB = 80_000;

interface Ticks {
  /** When each was handled, on cluster time, in µs. */
  readonly atUtcUs: readonly number[];
  readonly missedCount: number;
}

/**
 * How true periodic timers run on cluster time, which is another than the machine's: the mean period, what is
 * missed, and how far ticks lie apart. RIAPS's figures are of a timer on the machine's own clock.
 */
export async function benchTimers(seconds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [periodMs, forSeconds] of [
    [10, seconds],
    [1, Math.min(20, seconds)],
  ] as const) {
    process.stderr.write(`timers: a period of ${periodMs} ms for ${forSeconds} s\n`);
    const { atUtcUs, missedCount } = await ticks(periodMs, forSeconds);
    const gapsMs = atUtcUs.slice(1).map((at, index) => (at - (atUtcUs[index] ?? at)) / 1_000);
    const firstUs = atUtcUs[0] ?? 0;
    const spanMs = ((atUtcUs.at(-1) ?? 0) - firstUs) / 1_000;
    const group = `timer, period ${periodMs} ms, on cluster time for ${forSeconds} s`;
    const of = (name: string, value: number, unit: string, riaps?: string): Figure => ({
      ...figure(group, name, value, unit),
      ...(riaps === undefined ? {} : { riaps }),
    });
    // A missed tick is a period that two ticks share.
    const meanMs = spanMs / (gapsMs.length + missedCount);
    const lateMs = atUtcUs.map((at) => (at % (periodMs * 1_000)) / 1_000);
    if (periodMs === 10)
      figures.push(
        of("mean period", meanMs, "ms", "10.38–10.66"),
        of("mean period off by", (Math.abs(meanMs - periodMs) / periodMs) * 100, "%", "3.8–6.6"),
        of("missed ticks, all reported", missedCount, "", "not known"),
        of("of so many", gapsMs.length + missedCount + 1, ""),
        of("late, p50", percentile(lateMs, 0.5), "ms"),
        of("late, p99", percentile(lateMs, 0.99), "ms"),
        of("p50 between ticks", percentile(gapsMs, 0.5), "ms", "10.2"),
        of("p99 between ticks", percentile(gapsMs, 0.99), "ms", "14–15"),
        of("most between ticks", Math.max(...gapsMs), "ms", "20–72"),
      );
    else figures.push(of("ticks", (1_000 * gapsMs.length) / spanMs, "/s", "742–852"));
  }
  return figures;
}

async function ticks(periodMs: number, seconds: number): Promise<Ticks> {
  const atUtcUs: number[] = [];
  const clock = new SystemClock();
  clock.steer({
    ...{ atMonotonicUs: clock.monotonicUs(), utcUs: clock.systemUtcUs(), ratePpb: SLOW_PPB },
    ...{ boundUs: 0, growthPpb: 0, quality: UNKNOWN_QUALITY },
  });
  const endUtcUs = clock.utcUs() + seconds * 1_000_000;
  let missedCount = 0;
  await new Promise<void>((resolve) => {
    const timer = new TimerPort(clock, periodMs, () => {
      atUtcUs.push(clock.utcUs());
      if (clock.utcUs() < endUtcUs) return;
      missedCount = timer.missedCount;
      timer.cancel();
      resolve();
    });
    timer.start();
  });
  return { atUtcUs, missedCount };
}
