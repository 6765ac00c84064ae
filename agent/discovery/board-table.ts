import type { Beacon } from "./beacon-wire.ts";

/** Most boards remembered; beacons of others are dropped and counted. */
export const BOARDS_MAX = 4_096;

/** What follows from a beacon, or from silence. */
export type BoardEvent =
  /** A board, or a new incarnation of it, was heard for the first time. */
  | { readonly kind: "joined"; readonly boardId: string }
  /** What it provides has changed: ask it. */
  | { readonly kind: "changed"; readonly boardId: string; readonly endpoint: string }
  /** It said goodbye, fell silent, or was replaced by its next incarnation. */
  | { readonly kind: "gone"; readonly boardId: string; readonly why: "left" | "lost" | "replaced" };

interface Heard {
  readonly beacon: Beacon;
  readonly atMs: number;
}

/** Remembers which boards are there. Pure: told the time, never asks. */
export class BoardTable {
  readonly #ownId: string;
  readonly #cluster: string;
  readonly #expiryMs: number;
  readonly #heard = new Map<string, Heard>();
  /** The incarnation of each board that ended last: a beacon of it that was overtaken is no sign of life. */
  readonly #past = new Map<string, { readonly incarnation: string; readonly atMs: number }>();
  /** Beacons dropped because the table is full. */
  droppedCount = 0;

  constructor(own: { readonly boardId: string; readonly cluster: string }, expiryMs: number) {
    this.#ownId = own.boardId;
    this.#cluster = own.cluster;
    this.#expiryMs = expiryMs;
  }

  /** Takes in one beacon, or undefined for noise; our own echo and other clusters change nothing. */
  heard(beacon: Beacon | undefined, nowMs: number): BoardEvent[] {
    if (beacon?.cluster !== this.#cluster) return [];
    const { boardId, endpoint } = beacon;
    if (boardId === this.#ownId) return [];
    const before = this.#heard.get(boardId)?.beacon;
    const isSame = beacon.incarnation === before?.incarnation;
    if (beacon.leaving) {
      // A goodbye of an older incarnation may arrive after the newer one's hello.
      if (!isSame) return [];
      this.#heard.delete(boardId);
      this.#ended(beacon, nowMs);
      return [{ kind: "gone", boardId, why: "left" }];
    }
    if (beacon.incarnation === this.#past.get(boardId)?.incarnation) return [];
    if (before === undefined && this.#heard.size >= BOARDS_MAX) {
      this.droppedCount += 1;
      return [];
    }
    if (isSame && beacon.version < before.version) return []; // overtaken on the way
    this.#heard.set(boardId, { beacon, atMs: nowMs });
    if (isSame && beacon.version === before.version) return [];
    const changed: BoardEvent = { kind: "changed", boardId, endpoint };
    if (isSame) return [changed];
    const joined: BoardEvent = { kind: "joined", boardId };
    if (before === undefined) return [joined, changed];
    this.#ended(before, nowMs);
    return [{ kind: "gone", boardId, why: "replaced" }, joined, changed];
  }

  /** Forgets the boards silent for `expiryMs` or longer, in the order first heard. */
  expire(nowMs: number): BoardEvent[] {
    const gone: BoardEvent[] = [];
    for (const [boardId, { atMs }] of this.#heard)
      if (nowMs - atMs >= this.#expiryMs) gone.push({ kind: "gone", boardId, why: "lost" });
    for (const { boardId } of gone) this.#heard.delete(boardId);
    for (const [boardId, { atMs }] of this.#past)
      if (nowMs - atMs >= this.#expiryMs) this.#past.delete(boardId);
    return gone;
  }

  #ended({ boardId, incarnation }: Beacon, nowMs: number): void {
    if (this.#past.size < BOARDS_MAX) this.#past.set(boardId, { incarnation, atMs: nowMs });
  }

  /** Forgets which version was heard of `boardId`: its next beacon tells "changed" again. */
  doubt(boardId: string): void {
    const heard = this.#heard.get(boardId);
    if (heard === undefined) return;
    const beacon = { ...heard.beacon, version: Number.NEGATIVE_INFINITY };
    this.#heard.set(boardId, { ...heard, beacon });
  }

  /** The incarnation last heard of `boardId`. */
  incarnationOf(boardId: string): string | undefined {
    return this.#heard.get(boardId)?.beacon.incarnation;
  }
}
