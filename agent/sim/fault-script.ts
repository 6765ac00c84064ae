import {
  bytesPerSecond,
  type Cursor,
  choice,
  count,
  hosts,
  link,
  ppb,
  printSpanUs,
  program,
  rate,
  readSpanUs,
  type Slot,
  sides,
  signedSpan,
  span,
  spans,
  word,
} from "./fault-words.ts";

/**
 * The faults, each as the words of its line: the first word names it. Those that last end after `for`,
 * with `heal`, or when the faults of a run are over.
 */
const SYNTAX = {
  cut: { lasts: true, words: ["cut", link("link")] },
  clog: { lasts: true, words: ["clog", link("link")] },
  partition: { lasts: true, words: ["partition", sides("sides")] },
  unplug: { lasts: true, words: ["unplug", hosts("hosts")] },
  loss: { lasts: true, words: ["loss", rate("rate"), "on", link("link")] },
  burst: {
    lasts: true,
    words: [
      ...(["burst", rate("rate"), "start", rate("startRate")] as const),
      ...(["end", rate("endRate"), "on", link("link")] as const),
    ],
  },
  duplicate: { lasts: true, words: ["duplicate", rate("rate"), "on", link("link")] },
  reorder: { lasts: true, words: ["reorder", rate("rate"), "on", link("link")] },
  delay: { lasts: true, words: ["delay", spans("delay"), "on", link("link")] },
  tail: { lasts: true, words: ["tail", rate("rate"), "to", span("maxUs"), "on", link("link")] },
  slow: { lasts: true, words: ["slow", bytesPerSecond("bytesPerSecond"), "on", link("link")] },
  kill: { lasts: false, words: ["kill", program("place")] },
  pause: { lasts: true, words: ["pause", program("place")] },
  restart: { lasts: false, words: ["restart", program("place")] },
  power: { lasts: true, words: ["power", "off", hosts("hosts")] },
  suspend: { lasts: true, words: ["suspend", hosts("hosts")] },
  hog: { lasts: true, words: ["hog", hosts("hosts"), "by", span("eventUs")] },
  jump: { lasts: false, words: ["jump", "clock", "of", hosts("hosts"), "by", signedSpan("us")] },
  drift: { lasts: true, words: ["drift", "clock", "of", hosts("hosts"), "by", ppb("ppb")] },
  wander: { lasts: true, words: ["wander", "clock", "of", hosts("hosts"), "by", ppb("ppb")] },
  freeze: { lasts: true, words: ["freeze", "clock", "of", hosts("hosts")] },
  leap: {
    lasts: false,
    words: ["leap", "second", "of", hosts("hosts"), choice("way", ["insert", "delete"])],
  },
  nic: { lasts: true, words: ["nic", word("nic", "eth0"), "of", hosts("hosts"), "down"] },
  fill: { lasts: true, words: ["fill", "disk", "of", hosts("hosts")] },
  lock: { lasts: true, words: ["lock", "disk", "of", hosts("hosts")] },
  unsafe: {
    lasts: true,
    words: ["unsafe", "disk", "of", hosts("hosts"), choice("way", ["lose", "tear"])],
  },
  operation: {
    lasts: false,
    words: [
      ...(["operation", count("number"), "of", "disk", "of", hosts("hosts")] as const),
      choice("fate", ["fail", "kill-before", "kill-after", "tear"]),
    ],
  },
  heal: { lasts: false, words: ["heal"] },
} as const;

/** What a line is about. */
export type FaultKind = keyof typeof SYNTAX;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the slot holds
type AnySlot = Slot<string, any>;
type ValuesOf<W extends readonly unknown[]> = {
  readonly [S in Extract<W[number], AnySlot> as S["name"]]: S extends Slot<string, infer T>
    ? T
    : never;
};

/** A fault of one kind with its values. */
export type Fault = {
  [K in FaultKind]: { readonly kind: K } & ValuesOf<(typeof SYNTAX)[K]["words"]>;
}[FaultKind];

/** A fault with its time. */
export interface FaultLine {
  /** From the start of the script, in µs. */
  readonly atUs: number;
  /** How long it lasts, in µs; undefined: until it is healed. */
  readonly forUs: number | undefined;
  readonly fault: Fault;
}

/** A script that cannot be read, with its place. */
export class FaultScriptError extends Error {
  override readonly name = "FaultScriptError";
  readonly line: number;
  readonly column: number;

  constructor(line: number, column: number, reason: string) {
    super(`line ${line}, column ${column}: ${reason}`);
    this.line = line;
    this.column = column;
  }
}

/** How every fault is written, one line each, with its values as examples. */
export function faultSyntax(): readonly string[] {
  return (Object.keys(SYNTAX) as FaultKind[]).map((kind) => {
    const text = wordsOf(kind).map((each) => (typeof each === "string" ? each : each.shows));
    return `${text.join(" ")}${SYNTAX[kind].lasts ? " [for 3s]" : ""}`;
  });
}

/** One line, such as "at 12.5s cut a -> b for 3s". */
export function printFault({ atUs, forUs, fault }: FaultLine): string {
  const end = forUs === undefined ? "" : ` for ${printSpanUs(forUs)}`;
  return `at ${printSpanUs(atUs)} ${faultText(fault)}${end}`;
}

/** A fault without its time. */
export function faultText(fault: Fault): string {
  const values = fault as unknown as Readonly<Record<string, unknown>>;
  return wordsOf(fault.kind)
    .map((each) => (typeof each === "string" ? each : each.print(values[each.name])))
    .join(" ");
}

/** A script as text that `parseFaults` reads. */
export function printFaults(lines: readonly FaultLine[]): string {
  return lines.map((line) => `${printFault(line)}\n`).join("");
}

/**
 * Reads a script: a line for each fault, `at TIME fault [for TIME]` or `from TIME to TIME fault`; what
 * follows # is for people.
 * @throws FaultScriptError with the place of the first word that does not fit.
 */
export function parseFaults(text: string): readonly FaultLine[] {
  return text.split("\n").flatMap((line, index) => {
    const reader = new LineReader(line.replace(/#.*/, ""), index + 1);
    return reader.isEmpty ? [] : [reader.line()];
  });
}

function wordsOf(kind: FaultKind): readonly (string | AnySlot)[] {
  return SYNTAX[kind].words;
}

class LineReader implements Cursor {
  readonly #words: readonly { readonly text: string; readonly column: number }[];
  readonly #number: number;
  readonly #endColumn: number;
  #at = 0;

  constructor(line: string, number: number) {
    this.#words = [...line.matchAll(/\S+/g)].map(({ 0: text, index }) => ({
      ...{ text, column: index + 1 },
    }));
    this.#number = number;
    this.#endColumn = line.trimEnd().length + 1;
  }

  get isEmpty(): boolean {
    return this.#words.length === 0;
  }

  peek(): string | undefined {
    return this.#words[this.#at]?.text;
  }

  next(): string | undefined {
    const text = this.peek();
    this.#at += 1;
    return text;
  }

  line(): FaultLine {
    const first = this.next();
    if (first !== "at" && first !== "from") this.#refuse(0, `a line begins with "at" or "from"`);
    const atUs = this.#time();
    const endUs = first === "from" ? this.#end() : undefined;
    const fault = this.#fault();
    const { lasts } = SYNTAX[fault.kind];
    let forUs = endUs === undefined ? undefined : endUs - atUs;
    if (forUs !== undefined && forUs < 0) this.#refuse(3, "it ends before it begins");
    if (endUs === undefined && this.peek() === "for") {
      this.next();
      forUs = this.#time();
    }
    if (forUs !== undefined && !lasts)
      this.#refuse(this.#at - 2, `${fault.kind} happens at once, and does not last`);
    if (this.peek() !== undefined) this.#refuse(this.#at, `the line should end here`);
    return { atUs, forUs, fault };
  }

  #end(): number {
    if (this.next() !== "to") this.#refuse(this.#at - 1, `here stands "to", and a time`);
    return this.#time();
  }

  #time(): number {
    const us = readSpanUs(this.next());
    return (
      us ?? this.#refuse(this.#at - 1, "here stands a time, such as 12.5s; units: us ms s min h")
    );
  }

  #fault(): Fault {
    const kind = this.peek();
    if (kind === undefined || !Object.hasOwn(SYNTAX, kind))
      return this.#refuse(this.#at, `there are the faults ${Object.keys(SYNTAX).join(", ")}`);
    const fault: Record<string, unknown> = { kind };
    for (const each of wordsOf(kind as FaultKind)) {
      const at = this.#at;
      if (typeof each === "string") {
        if (this.next() !== each) this.#refuse(at, `here stands "${each}"`);
        continue;
      }
      const value: unknown = each.read(this);
      if (value === undefined) this.#refuse(at, `here stands something like ${each.shows}`);
      fault[each.name] = value;
    }
    return fault as unknown as Fault;
  }

  #refuse(at: number, reason: string): never {
    const found = this.#words[at];
    const what = found === undefined ? "the line ends" : `found ${JSON.stringify(found.text)}`;
    throw new FaultScriptError(
      this.#number,
      found?.column ?? this.#endColumn,
      `${what}; ${reason}`,
    );
  }
}
