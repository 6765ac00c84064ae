import type { Hosts } from "./topology.ts";

/** Hands out the words of one line. */
export interface Cursor {
  /** The next word, which is taken; undefined at the end. */
  next(): string | undefined;
  /** The next word, which stays. */
  peek(): string | undefined;
}

/** A place in a line that holds a value. */
export interface Slot<N extends string, T> {
  readonly name: N;
  /** What stands here, for people. */
  readonly shows: string;
  /** Undefined when the words are none of these. */
  readonly read: (words: Cursor) => T | undefined;
  readonly print: (value: T) => string;
}

/** Directions between hosts; "all" to or from is everybody. */
export interface Link {
  readonly from: Hosts;
  readonly arrow: "->" | "<->";
  readonly to: Hosts;
}

/** A program on a host, as in board4/actor1. */
export interface ProgramPlace {
  readonly host: string;
  readonly program: string;
}

const HOST = /^[A-Za-z0-9_.%-]+$/;
const UNITS_US = { us: 1, ms: 1e3, s: 1e6, min: 6e7, h: 3.6e9 } as const;

/** Whole µs of a span such as 12.5s; undefined for anything else. */
export function readSpanUs(word: string | undefined): number | undefined {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)(us|ms|s|min|h)$/.exec(word ?? "") ?? [];
  if (digits === "") return undefined;
  const us = Math.round(Number(digits) * UNITS_US[unit as keyof typeof UNITS_US]);
  return Number.isSafeInteger(us) ? us : undefined;
}

/** In the unit that reads best. */
export function printSpanUs(us: number): string {
  if (us > 0 && us % UNITS_US.h === 0) return `${us / UNITS_US.h}h`;
  if (us > 0 && us % UNITS_US.min === 0) return `${us / UNITS_US.min}min`;
  if (us >= UNITS_US.s && us % UNITS_US.ms === 0) return `${us / UNITS_US.s}s`;
  return us >= UNITS_US.ms ? `${us / UNITS_US.ms}ms` : `${us}us`;
}

/** A number between words, such as 30%. */
function numberSlot<N extends string>(
  name: N,
  shows: string,
  unit: { readonly pattern: RegExp; readonly factor: number; readonly suffix: string },
): Slot<N, number> {
  const { pattern, factor, suffix } = unit;
  return {
    ...{ name, shows },
    read: (words) => {
      const [, digits] = pattern.exec(words.next() ?? "") ?? [];
      return digits === undefined ? undefined : Number(digits) / factor;
    },
    print: (value) => `${Number((value * factor).toPrecision(12))}${suffix}`,
  };
}

/** A share, 0% to 100%. */
export function rate<N extends string>(name: N): Slot<N, number> {
  const slot = numberSlot(name, "30%", {
    ...{ pattern: /^(\d+(?:\.\d+)?)%$/, factor: 100, suffix: "%" },
  });
  return {
    ...slot,
    read: (words) => {
      const share = slot.read(words);
      return share !== undefined && share <= 1 ? share : undefined;
    },
  };
}

/** A whole number from 1. */
export function count<N extends string>(name: N): Slot<N, number> {
  return numberSlot(name, "17", { pattern: /^([1-9]\d{0,8})$/, factor: 1, suffix: "" });
}

/** Bytes per second. */
export function bytesPerSecond<N extends string>(name: N): Slot<N, number> {
  return numberSlot(name, "2000B/s", {
    pattern: /^([1-9]\d{0,11})B\/s$/,
    factor: 1,
    suffix: "B/s",
  });
}

/** A rate of clocks, in parts per 10^9. */
export function ppb<N extends string>(name: N): Slot<N, number> {
  return numberSlot(name, "-50000ppb", {
    ...{ pattern: /^([+-]?\d{1,8})ppb$/, factor: 1, suffix: "ppb" },
  });
}

/** A span in µs. */
export function span<N extends string>(name: N): Slot<N, number> {
  return { name, shows: "5ms", read: (words) => readSpanUs(words.next()), print: printSpanUs };
}

/** A span in µs with a sign. */
export function signedSpan<N extends string>(name: N): Slot<N, number> {
  return {
    ...{ name, shows: "+1h" },
    read: (words) => {
      const word = words.next() ?? "";
      const us = /^[+-]/.test(word) ? readSpanUs(word.slice(1)) : undefined;
      return us === undefined ? undefined : us === 0 ? 0 : word.startsWith("-") ? -us : us;
    },
    print: (us) => `${us < 0 ? "-" : "+"}${printSpanUs(Math.abs(us))}`,
  };
}

/** From one span to another, in µs. */
export function spans<N extends string>(
  name: N,
): Slot<N, { readonly minUs: number; readonly maxUs: number }> {
  return {
    ...{ name, shows: "5ms..20ms" },
    read: (words) => {
      const [minUs, maxUs, ...more] = (words.next() ?? "").split("..").map(readSpanUs);
      if (minUs === undefined || maxUs === undefined || more.length > 0) return undefined;
      return minUs <= maxUs ? { minUs, maxUs } : undefined;
    },
    print: ({ minUs, maxUs }) => `${printSpanUs(minUs)}..${printSpanUs(maxUs)}`,
  };
}

/** One of a few words. */
export function choice<N extends string, W extends string>(
  name: N,
  words: readonly W[],
): Slot<N, W> {
  return {
    ...{ name, shows: words.join("|") },
    read: (cursor) => {
      const word = cursor.next();
      return words.find((each) => each === word);
    },
    print: (word) => word,
  };
}

/** A name of the system, such as eth0. */
export function word<N extends string>(name: N, shows: string): Slot<N, string> {
  return {
    ...{ name, shows },
    read: (words) => {
      const found = words.next() ?? "";
      return HOST.test(found) ? found : undefined;
    },
    print: (found) => found,
  };
}

function readHosts(words: Cursor): Hosts | undefined {
  const found = words.next();
  if (found === undefined || found === "all") return found;
  const names = found.split(",");
  return names.every((name) => HOST.test(name) && name !== "all") ? names : undefined;
}

function printHosts(found: Hosts): string {
  return typeof found === "string" ? found : found.join(",");
}

/** Hosts: all, or a list. */
export function hosts<N extends string>(name: N): Slot<N, Hosts> {
  return { name, shows: "a,b", read: readHosts, print: printHosts };
}

/** a -> b, or a <-> b; a alone is a <-> all. */
export function link<N extends string>(name: N): Slot<N, Link> {
  return {
    ...{ name, shows: "a -> b" },
    read: (words) => {
      const from = readHosts(words);
      if (from === undefined) return undefined;
      const arrow = words.peek();
      if (arrow !== "->" && arrow !== "<->") return { from, arrow: "<->", to: "all" };
      words.next();
      const to = readHosts(words);
      return to === undefined ? undefined : { from, arrow, to };
    },
    print: ({ from, arrow, to }) =>
      arrow === "<->" && to === "all"
        ? printHosts(from)
        : `${printHosts(from)} ${arrow} ${printHosts(to)}`,
  };
}

/** Sides of a network that is split. */
export function sides<N extends string>(name: N): Slot<N, readonly (readonly string[])[]> {
  return {
    ...{ name, shows: "a,b | c,d" },
    read: (words) => {
      const found: (readonly string[])[] = [];
      do {
        const side = readHosts(words);
        if (side === undefined || typeof side === "string") return undefined;
        found.push(side);
      } while (words.peek() === "|" && words.next() === "|");
      return found;
    },
    print: (found) => found.map(printHosts).join(" | "),
  };
}

/** A program on a host. */
export function program<N extends string>(name: N): Slot<N, ProgramPlace> {
  return {
    ...{ name, shows: "a/agent" },
    read: (words) => {
      const [, host = "", rest = ""] = /^([^/]+)\/(\S+)$/.exec(words.next() ?? "") ?? [];
      return HOST.test(host) ? { host, program: rest } : undefined;
    },
    print: ({ host, program: rest }) => `${host}/${rest}`,
  };
}
