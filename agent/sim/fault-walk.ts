import type { Random } from "../core/random.ts";
import type { Fault, FaultKind, FaultLine } from "./fault-script.ts";
import type { Link, ProgramPlace } from "./fault-words.ts";

/** Faults that come by themselves; the others are for scripts that people write. */
export const WALK_KINDS = [
  ...(["cut", "clog", "partition", "unplug", "loss", "burst", "duplicate", "reorder"] as const),
  ...(["delay", "tail", "slow", "kill", "pause", "restart", "power", "suspend", "hog"] as const),
  ...(["jump", "drift", "wander", "freeze", "leap", "fill", "operation"] as const),
] as const satisfies readonly FaultKind[];

/** A kind of fault that comes by itself. */
export type WalkKind = (typeof WALK_KINDS)[number];

/** What may happen in a random walk, and how much of it. Everything is printed with the script. */
export interface WalkOptions {
  readonly hosts: readonly string[];
  /** Programs that are killed, paused and restarted, such as a/agent. */
  readonly programs: readonly string[];
  readonly durationMs: number;
  /** How many of each kind come in a minute; absent: none. */
  readonly perMinute: Readonly<Partial<Record<WalkKind, number>>>;
  /** How long a fault lasts, in ms. */
  readonly lastsMsMin: number;
  readonly lastsMsMax: number;
  /** Highest share of datagrams that is lost, doubled or reordered. */
  readonly rateMax: number;
  readonly delayMsMax: number;
  readonly jumpMsMax: number;
  readonly driftPpbMax: number;
}

/** What a walk is like that nobody described. */
export const WALK_DEFAULTS: Omit<WalkOptions, "hosts" | "programs" | "perMinute"> = {
  durationMs: 30_000,
  lastsMsMin: 100,
  lastsMsMax: 8_000,
  rateMax: 0.5,
  delayMsMax: 300,
  jumpMsMax: 3_600_000,
  driftPpbMax: 500_000,
};

/** Every option in lines that a script may begin with. */
export function walkText(options: WalkOptions): string {
  const { hosts, programs, perMinute, ...rest } = options;
  const rates = WALK_KINDS.map((kind) => `${kind} ${perMinute[kind] ?? 0}`);
  return [
    `hosts ${hosts.join(",")}`,
    `programs ${programs.length === 0 ? "none" : programs.join(",")}`,
    ...Object.entries(rest).map(([name, value]) => `${name} ${value}`),
    `per minute: ${rates.join(", ")}`,
  ]
    .map((line) => `# ${line}\n`)
    .join("");
}

/** Faults at random, in the order of their time: a function of the chance that is handed in. */
export function walkFaults(random: Random, options: WalkOptions): readonly FaultLine[] {
  const lines: FaultLine[] = [];
  const draw = new Draw(random, options);
  for (const kind of WALK_KINDS) {
    const expected = ((options.perMinute[kind] ?? 0) * options.durationMs) / 60_000;
    const count = Math.floor(expected) + (random.next() < expected % 1 ? 1 : 0);
    for (let done = 0; done < count; done += 1) {
      const atUs = draw.us(0, options.durationMs);
      const fault = draw.fault(kind);
      if (fault === undefined) continue;
      const forUs = AT_ONCE.has(kind)
        ? undefined
        : Math.min(
            draw.us(options.lastsMsMin, options.lastsMsMax),
            options.durationMs * 1000 - atUs,
          );
      lines.push({ atUs, forUs, fault });
    }
  }
  return lines.sort((one, other) => one.atUs - other.atUs);
}

const AT_ONCE: ReadonlySet<WalkKind> = new Set(["kill", "restart", "jump", "leap", "operation"]);

class Draw {
  readonly random: Random;
  readonly options: WalkOptions;

  constructor(random: Random, options: WalkOptions) {
    this.random = random;
    this.options = options;
  }

  /** In whole milliseconds, which people can read. */
  us(minMs: number, maxMs: number): number {
    return this.whole(minMs, maxMs) * 1000;
  }

  fault(kind: WalkKind): Fault | undefined {
    return DRAWS[kind](this);
  }

  /** Between two hosts mostly, else of one with all. */
  link(): Link {
    const from = this.one(this.options.hosts) ?? "";
    const to = this.one(this.options.hosts.filter((name) => name !== from));
    const arrow = this.random.next() < 0.5 ? "->" : "<->";
    return {
      from: [from],
      arrow,
      to: to === undefined || this.random.next() < 0.3 ? "all" : [to],
    };
  }

  partition(): Fault | undefined {
    const sides: [string[], string[]] = [[], []];
    for (const host of this.options.hosts) sides[this.random.next() < 0.5 ? 0 : 1].push(host);
    return sides.some(({ length }) => length === 0) ? undefined : { kind: "partition", sides };
  }

  /** A whole percentage. */
  rate(): number {
    return this.whole(1, Math.round(this.options.rateMax * 100)) / 100;
  }

  one<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.random.next() * items.length)];
  }

  whole(min: number, max: number): number {
    return min + Math.floor(this.random.next() * (max - min + 1));
  }
}

/** A host, when there is one. */
function host(draw: Draw): { readonly hosts: readonly string[] } {
  return { hosts: [draw.one(draw.options.hosts) ?? ""] };
}

function place(draw: Draw): ProgramPlace | undefined {
  const name = draw.one(draw.options.programs);
  if (name === undefined) return undefined;
  const slash = name.indexOf("/");
  return { host: name.slice(0, slash), program: name.slice(slash + 1) };
}

function ofProgram(kind: "kill" | "pause" | "restart", draw: Draw): Fault | undefined {
  const found = place(draw);
  return found === undefined ? undefined : { kind, place: found };
}

const FATES = ["fail", "kill-before", "kill-after", "tear"] as const;

const DRAWS: Readonly<Record<WalkKind, (draw: Draw) => Fault | undefined>> = {
  cut: (draw) => ({ kind: "cut", link: draw.link() }),
  clog: (draw) => ({ kind: "clog", link: draw.link() }),
  partition: (draw) => draw.partition(),
  unplug: (draw) => ({ kind: "unplug", ...host(draw) }),
  loss: (draw) => ({ kind: "loss", rate: draw.rate(), link: draw.link() }),
  burst: (draw) => ({ kind: "burst", rate: 1, startRate: 0.02, endRate: 0.1, link: draw.link() }),
  duplicate: (draw) => ({ kind: "duplicate", rate: draw.rate(), link: draw.link() }),
  reorder: (draw) => ({ kind: "reorder", rate: draw.rate(), link: draw.link() }),
  delay: (draw) => {
    const maxUs = draw.us(1, draw.options.delayMsMax);
    return { kind: "delay", delay: { minUs: Math.floor(maxUs / 10), maxUs }, link: draw.link() };
  },
  tail: (draw) => {
    const maxUs = draw.us(1, 10 * draw.options.delayMsMax);
    return { kind: "tail", rate: draw.rate(), maxUs, link: draw.link() };
  },
  slow: (draw) => {
    return { kind: "slow", bytesPerSecond: draw.whole(1_000, 100_000), link: draw.link() };
  },
  kill: (draw) => ofProgram("kill", draw),
  pause: (draw) => ofProgram("pause", draw),
  restart: (draw) => ofProgram("restart", draw),
  power: (draw) => ({ kind: "power", ...host(draw) }),
  suspend: (draw) => ({ kind: "suspend", ...host(draw) }),
  hog: (draw) => ({ kind: "hog", ...host(draw), eventUs: draw.us(1, 50) }),
  jump: (draw) => {
    const { jumpMsMax } = draw.options;
    return { kind: "jump", ...host(draw), us: draw.us(-jumpMsMax, jumpMsMax) };
  },
  drift: (draw) => {
    const { driftPpbMax } = draw.options;
    return { kind: "drift", ...host(draw), ppb: draw.whole(-driftPpbMax, driftPpbMax) };
  },
  wander: (draw) => {
    return { kind: "wander", ...host(draw), ppb: draw.whole(0, draw.options.driftPpbMax) };
  },
  freeze: (draw) => ({ kind: "freeze", ...host(draw) }),
  leap: (draw) => {
    return { kind: "leap", ...host(draw), way: draw.random.next() < 0.5 ? "insert" : "delete" };
  },
  fill: (draw) => ({ kind: "fill", ...host(draw) }),
  operation: (draw) => {
    const fate = draw.one(FATES) ?? "fail";
    return { kind: "operation", ...host(draw), number: draw.whole(1, 50), fate };
  },
};
