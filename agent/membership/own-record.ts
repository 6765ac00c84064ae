import type { Identity } from "../core/identity.ts";
import { type SignedAnnouncement, signAnnouncement } from "./announcement.ts";

/** Room of the seconds in an incarnation. */
const CHANCE = 2 ** 20;
/** Objections at once, and how long one more takes, in ms: two boards of one name and one key must not feed on each other. */
const OBJECTIONS_MAX = 8;
const OBJECTION_INTERVAL_MS = 1_000;

/** What this board says of itself. Whatever changes is a new revision, signed. */
export class OwnRecord {
  readonly #identity: Identity;
  readonly #cluster: string;
  #current: SignedAnnouncement;
  #objectionsLeft = OBJECTIONS_MAX;
  #objectedAtMs = 0;

  /**
   * @param start utcUs orders incarnations as far as the board's clock is right; `chance` (0 to 1) tells two
   *   starts in one second apart. A clock that is behind is made up for: see `outlive`.
   */
  constructor(
    own: {
      readonly boardId: string;
      readonly cluster: string;
      readonly addresses: readonly string[];
      readonly meta: Uint8Array;
    },
    start: { readonly utcUs: number; readonly chance: number },
    identity: Identity,
  ) {
    this.#identity = identity;
    this.#cluster = own.cluster;
    const seconds = Math.max(0, Math.floor(start.utcUs / 1_000_000)) % 2 ** 32;
    const { boardId, addresses, meta } = own;
    const incarnation = seconds * CHANCE + Math.floor(start.chance * CHANCE);
    const { publicKey } = identity;
    const first = { boardId, publicKey, incarnation, revision: 1, isLeaving: false };
    this.#current = signAnnouncement({ ...first, addresses, meta }, own.cluster, identity);
  }

  get current(): SignedAnnouncement {
    return this.#current;
  }

  /** Says something new. */
  change(part: Partial<Pick<SignedAnnouncement, "meta" | "addresses" | "isLeaving">>): void {
    const revision = this.#current.revision + 1;
    this.#sign({ ...this.#current, ...part, revision });
  }

  /** Objects to a report of its death or suspicion; false when it has done so too often. */
  object(nowMs: number): boolean {
    const gained = Math.floor((nowMs - this.#objectedAtMs) / OBJECTION_INTERVAL_MS);
    this.#objectionsLeft = Math.min(OBJECTIONS_MAX, this.#objectionsLeft + gained);
    if (this.#objectionsLeft <= 0) return false;
    this.#objectionsLeft -= 1;
    this.#objectedAtMs = nowMs;
    this.change({});
    return true;
  }

  /** Others know a later life of this board, which it signed itself: from now on it is the one after that. */
  outlive(earlier: SignedAnnouncement): void {
    this.#sign({ ...this.#current, incarnation: earlier.incarnation + 1, revision: 1 });
  }

  #sign(announcement: SignedAnnouncement): void {
    this.#current = signAnnouncement(announcement, this.#cluster, this.#identity);
  }
}
