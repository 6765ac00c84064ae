/** Most members of one group that are known at one time; more are not heard. */
export const MEMBERS_MAX = 256;

interface Present {
  life: number;
  endpoint: string | undefined;
  heardMs: number;
}

/** Who came or went. */
export interface PresenceChange {
  readonly kind: "joined" | "left";
  readonly member: string;
}

/** Who is there, told by what is heard of them. Pure. */
export class PresenceTable {
  readonly #table = new Map<string, Present>();
  readonly #self: string;
  readonly #timeoutMs: number;

  constructor(self: string, timeoutMs: number) {
    this.#self = self;
    this.#timeoutMs = timeoutMs;
  }

  /** All members, this one among them, in order of name. */
  get members(): readonly string[] {
    return [this.#self, ...this.#table.keys()].sort();
  }

  has(member: string): boolean {
    return member === this.#self || this.#table.has(member);
  }

  /** Whether somebody who is there publishes at `endpoint`. */
  isUsed(endpoint: string): boolean {
    return [...this.#table.values()].some((present) => present.endpoint === endpoint);
  }

  /** Something of `member` was heard. A new life of it has left and joined. */
  heard(member: string, life: number, nowMs: number): readonly PresenceChange[] {
    if (member === this.#self) return [];
    const known = this.#table.get(member);
    if (known?.life === life) {
      known.heardMs = nowMs;
      return [];
    }
    if (known === undefined && this.#table.size >= MEMBERS_MAX) return [];
    this.#table.set(member, { life, endpoint: undefined, heardMs: nowMs });
    const joined = { kind: "joined", member } as const;
    return known === undefined ? [joined] : [{ kind: "left", member }, joined];
  }

  /** `member` publishes at `endpoint`. */
  at(member: string, endpoint: string): void {
    const known = this.#table.get(member);
    if (known !== undefined) known.endpoint = endpoint;
  }

  /** `member` has said goodbye. */
  gone(member: string, life: number): readonly PresenceChange[] {
    if (this.#table.get(member)?.life !== life) return [];
    this.#table.delete(member);
    return [{ kind: "left", member }];
  }

  /** Who has been silent for too long. */
  expire(nowMs: number): readonly PresenceChange[] {
    const silent = [...this.#table].filter(([, { heardMs }]) => nowMs - heardMs > this.#timeoutMs);
    for (const [member] of silent) this.#table.delete(member);
    return silent.map(([member]) => ({ kind: "left", member }));
  }
}
