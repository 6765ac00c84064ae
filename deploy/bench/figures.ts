import { cpus, loadavg } from "node:os";

/** What one phase of a measurement gave; times in µs. */
export type PhaseReport = Readonly<Record<string, number | string>> & { readonly phase: string };

// Every contender runs its code warm before it is measured, with these counts alike: a board runs for months.
/** Messages of the burst that nobody measures; a multiple of 2,500. */
export const WARM_UP_COUNT = 20_000;
/** Messages of the paced phase that nobody measures: what the burst left behind passes. */
export const SETTLING_COUNT = 500;
/** Calls that nobody measures. */
export const WARM_UP_ECHO_COUNT = 10_000;

/** Times of one phase, in memory that is there before it begins. */
export class Times {
  readonly #times: Float64Array;
  #count = 0;

  constructor(countMax: number) {
    this.#times = new Float64Array(countMax);
  }

  /** The times so far. */
  get values(): readonly number[] {
    return [...this.#times.subarray(0, this.#count)];
  }

  /** False when this was the last one that is wanted. */
  add(timeUs: number): boolean {
    this.#times[this.#count] = timeUs;
    this.#count += 1;
    return this.#count < this.#times.length;
  }
}

/** One line of the table. */
export interface Figure {
  readonly group: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** 1-minute load average when it was taken. */
  readonly load: number;
  /** What RIAPS 2.0 gave, measured or published, in the same unit. */
  readonly riaps?: string;
}

/** Monotonic time in whole µs; on Linux all processes of a machine share its start. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** The value below which `share` (0 to 1) of the sorted or unsorted `values` lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Median. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** p50, p95 and p99 of times in µs. */
export function percentilesOf(values: readonly number[]): {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
} {
  return {
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    p99: percentile(values, 0.99),
  };
}

/** A figure with the load of this moment. */
export function figure(group: string, name: string, value: number, unit: string): Figure {
  return { group, name, value, unit, load: loadavg()[0] ?? 0 };
}

/** Facts of the machine. */
export function machineFacts(): Readonly<Record<string, string | number>> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? "unknown",
    cores: cpus().length,
    node: process.version,
    load: loadavg()
      .map((each) => each.toFixed(2))
      .join(" "),
  };
}

/** The figures as a table. */
export function tableText(figures: readonly Figure[]): string {
  const lines: string[] = [];
  let group = "";
  for (const each of figures) {
    if (each.group !== group) lines.push("", each.group);
    group = each.group;
    const digits = Math.abs(each.value) < 100 ? 2 : 0;
    const value = `${each.value.toFixed(digits).padStart(12)} ${each.unit.padEnd(10)}`;
    const riaps = each.riaps === undefined ? "" : `   RIAPS ${each.riaps}`;
    lines.push(`  ${each.name.padEnd(46)}${value} load ${each.load.toFixed(1)}${riaps}`);
  }
  return `${lines.join("\n")}\n`;
}
