import { SystemClock } from "../../agent/io/system-clock.ts";
import { TimerPort } from "../../agent/ports/timer-port.ts";
import { type Figure, figure, nowUs, percentile } from "./figures.ts";

/** How true periodic timers run on the machine's clock: the mean period, and how far ticks lie apart. */
export async function benchTimers(seconds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const periodMs of [10, 1]) {
    process.stderr.write(`timers: a period of ${periodMs} ms for ${seconds} s\n`);
    const atUs = await ticks(periodMs, seconds);
    const gapsMs = atUs.slice(1).map((at, index) => (at - (atUs[index] ?? at)) / 1_000);
    const spanMs = ((atUs.at(-1) ?? 0) - (atUs[0] ?? 0)) / 1_000;
    const group = `timer, period ${periodMs} ms`;
    const of = (name: string, value: number, unit: string, riaps: string): Figure => ({
      ...figure(group, name, value, unit),
      riaps,
    });
    if (periodMs === 10)
      figures.push(
        of("mean period", spanMs / gapsMs.length, "ms", "10.38–10.66"),
        of("p50 between ticks", percentile(gapsMs, 0.5), "ms", "10.2"),
        of("p99 between ticks", percentile(gapsMs, 0.99), "ms", "14–15"),
        of("most between ticks", Math.max(...gapsMs), "ms", "20–72"),
      );
    else figures.push(of("ticks", (1_000 * gapsMs.length) / spanMs, "/s", "742–852"));
  }
  return figures;
}

async function ticks(periodMs: number, seconds: number): Promise<number[]> {
  const atUs: number[] = [];
  const count = (seconds * 1_000) / periodMs;
  await new Promise<void>((resolve) => {
    const endUs = nowUs() + seconds * 1_000_000;
    const timer = new TimerPort(new SystemClock(), periodMs, () => {
      atUs.push(nowUs());
      if (atUs.length < count && nowUs() < endUs) return;
      timer.cancel();
      resolve();
    });
    timer.start();
  });
  return atUs;
}
