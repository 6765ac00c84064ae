/** What the pool needs to know of a transaction. */
export interface Pooled {
  /** Hash of the signed transaction, as text. */
  readonly hash: string;
  readonly sender: string;
  readonly nonce: bigint;
}

/** What became of a transaction handed to the pool. */
export type Admission = "ready" | "queued" | "already known" | "nonce too low" | "replaced" | "full";

/** Bounds of a pool. */
export interface PoolLimits {
  /** Most transactions whose turn has come. */
  readonly readyMax: number;
  /** Most transactions that wait for an earlier nonce; beyond it, the oldest is forgotten. */
  readonly queuedMax: number;
}

/**
 * Transactions that are in no block yet.
 *
 * Invariants: `ready` holds, in order of arrival, transactions whose nonces follow each other without
 * a gap from the sender's nonce on; all others are queued until the gap closes. Parallel connections
 * do reorder, so gaps are no error. The first transaction of a nonce stays: without fees nothing
 * outbids it.
 */
export class PendingPool<T extends Pooled> {
  readonly #limits: PoolLimits;
  readonly #nonceOf: (sender: string) => bigint;
  readonly #byHash = new Map<string, T>();
  #ready: T[] = [];
  /** By sender: the nonce after its last ready or taken transaction; no entry: what the state says. */
  readonly #next = new Map<string, bigint>();
  /** In order of arrival. */
  readonly #queued = new Map<string, T>();
  #taken: readonly T[] = [];

  /** `nonceOf` tells a sender's nonce in the newest block. */
  constructor(limits: PoolLimits, nonceOf: (sender: string) => bigint) {
    this.#limits = limits;
    this.#nonceOf = nonceOf;
  }

  get readyCount(): number {
    return this.#ready.length;
  }

  get queuedCount(): number {
    return this.#queued.size;
  }

  /** The transaction, ready, queued or being mined. */
  find(hash: string): T | undefined {
    return this.#byHash.get(hash);
  }

  /** The nonce that `sender` should use next, counting what waits here without a gap. */
  nextNonce(sender: string): bigint {
    return this.#next.get(sender) ?? this.#nonceOf(sender);
  }

  #slotName(sender: string, nonce: bigint): string {
    return `${sender} ${nonce.toString()}`;
  }

  /** Takes a transaction in, or tells why not. */
  add(transaction: T): Admission {
    const { hash, sender, nonce } = transaction;
    if (this.#byHash.has(hash)) return "already known";
    if (nonce < this.#nonceOf(sender)) return "nonce too low";
    const name = this.#slotName(sender, nonce);
    const next = this.nextNonce(sender);
    if (nonce < next || this.#queued.has(name)) return "replaced";
    if (nonce === next) {
      if (this.#ready.length >= this.#limits.readyMax) return "full";
      this.#byHash.set(hash, transaction);
      this.#append(transaction);
      return "ready";
    }
    this.#byHash.set(hash, transaction);
    this.#queued.set(name, transaction);
    for (const [oldest, { hash: forgotten }] of this.#queued) {
      if (this.#queued.size <= this.#limits.queuedMax) break;
      this.#queued.delete(oldest);
      this.#byHash.delete(forgotten);
    }
    return "queued";
  }

  /** Makes `transaction` ready, and with it those that waited for it. */
  #append(transaction: T): void {
    const { sender } = transaction;
    let following: T | undefined = transaction;
    let { nonce } = transaction;
    while (following !== undefined && this.#ready.length < this.#limits.readyMax) {
      this.#queued.delete(this.#slotName(sender, nonce));
      this.#ready.push(following);
      nonce += 1n;
      this.#next.set(sender, nonce);
      following = this.#queued.get(this.#slotName(sender, nonce));
    }
  }

  /** Hands out up to `countMax` ready transactions to be mined; `settle` must follow. */
  take(countMax: number): readonly T[] {
    this.#taken = this.#ready.slice(0, countMax);
    this.#ready = this.#ready.slice(countMax);
    return this.#taken;
  }

  /**
   * To be told once the block of what was taken is durable. Those in `unmined` are in no block:
   * the ones in `dropped` are forgotten, the others wait again for their nonce. Returns what was
   * ready and had to be handed in again, each with what became of it.
   */
  settle(
    unmined: ReadonlySet<string>,
    dropped: ReadonlySet<string>,
  ): readonly (readonly [T, Admission])[] {
    const broken = new Set<string>();
    const again: T[] = [];
    for (const transaction of this.#taken) {
      const isUnmined = unmined.has(transaction.hash);
      if (isUnmined) broken.add(transaction.sender);
      if (isUnmined && !dropped.has(transaction.hash)) again.push(transaction);
      else this.#byHash.delete(transaction.hash);
    }
    this.#ready = this.#ready.filter((transaction) => {
      if (broken.has(transaction.sender)) again.push(transaction);
      return !broken.has(transaction.sender);
    });
    const senders = new Set(this.#taken.map(({ sender }) => sender));
    this.#taken = [];
    for (const sender of senders) this.#resume(sender, broken.has(sender));
    for (const { hash } of again) this.#byHash.delete(hash);
    return again.map((transaction) => [transaction, this.add(transaction)] as const);
  }

  /** Sets the next nonce of a sender whose transactions were mined, and goes on with its queue. */
  #resume(sender: string, isBroken: boolean): void {
    if (isBroken || this.#next.get(sender) === this.#nonceOf(sender)) this.#next.delete(sender);
    const following = this.#queued.get(this.#slotName(sender, this.nextNonce(sender)));
    if (following !== undefined) this.#append(following);
  }
}
