/** What a leader knows of another member's copy of the log. */
export interface Progress {
  /** The next entry to send. */
  nextIndex: number;
  /** Agrees up to here, in the life that answered last. */
  matchIndex: number;
  /** Whether that life has a vote and remembers all that it said. */
  isFull: boolean;
  /** When the question was sent that it answered last, on the leader's clock. */
  heardMs: number;
  life: number;
}

/** A leader's view of the others, and what follows from it. Pure. */
export class ProgressTable {
  readonly #table = new Map<string, Progress>();
  readonly #voters: readonly string[];
  readonly #self: string;
  readonly #quorum: number;

  constructor(voters: readonly string[], self: string, quorum: number) {
    this.#voters = voters;
    this.#self = self;
    this.#quorum = quorum;
  }

  of(name: string, nextIndex: number): Progress {
    let progress = this.#table.get(name);
    if (progress === undefined) {
      progress = {
        nextIndex,
        matchIndex: 0,
        isFull: false,
        heardMs: Number.NEGATIVE_INFINITY,
        life: -1,
      };
      this.#table.set(name, progress);
    }
    return progress;
  }

  /** Forgets observers that are gone. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#table.keys()) if (!names.has(name)) this.#table.delete(name);
  }

  /** Since when a quorum, this leader among it, has been answering. */
  quorumHeardMs(nowMs: number): number {
    return this.#nth((name) => this.#table.get(name)?.heardMs ?? Number.NEGATIVE_INFINITY, nowMs);
  }

  /**
   * The last entry that a quorum holds. A copy counts only while its last answer is younger than
   * `windowMs`: an older one may come from a life whose disk is gone; see RecallRule.
   */
  quorumIndex(ownIndex: number, nowMs: number, windowMs: number): number {
    return this.#nth((name) => {
      const progress = this.#table.get(name);
      if (progress?.isFull !== true) return 0;
      return nowMs - progress.heardMs <= windowMs ? progress.matchIndex : 0;
    }, ownIndex);
  }

  /** The value that a quorum has reached. */
  #nth(valueOf: (name: string) => number, own: number): number {
    const values = this.#voters.map((name) => (name === this.#self ? own : valueOf(name)));
    values.sort((a, b) => b - a);
    return values[this.#quorum - 1] ?? own;
  }
}
