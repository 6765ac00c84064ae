import type { Notice } from "../component/life.ts";

type News = Exclude<Notice, { readonly kind: "limit" }>;

/**
 * What every actor of the board wants to hear: which boards are there, and which network interfaces
 * are up. Whoever comes later is told first what is not a matter of course: boards that are there,
 * interfaces that went down. One that was down from the beginning is not used, and no news.
 */
export class NewsDesk {
  readonly #peers = new Set<string>();
  readonly #nics = new Map<string, boolean>();
  readonly #downNics = new Set<string>();
  readonly #listeners = new Set<(news: News) => void>();

  /** Another board has come or gone. */
  peer(board: string, isUp: boolean): void {
    if (isUp) this.#peers.add(board);
    else this.#peers.delete(board);
    this.#tell({ kind: "peer", board, isUp });
  }

  /** An interface as it is now; true when that is news. */
  nic(name: string, isUp: boolean): boolean {
    const before = this.#nics.get(name) ?? isUp;
    this.#nics.set(name, isUp);
    if (before === isUp) return false;
    if (isUp) this.#downNics.delete(name);
    else this.#downNics.add(name);
    this.#tell({ kind: "nic", name, isUp });
    return true;
  }

  /** Tells `listener` what there is and what comes, until the returned function is called. */
  follow(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    for (const board of this.#peers) listener({ kind: "peer", board, isUp: true });
    for (const name of this.#downNics) listener({ kind: "nic", name, isUp: false });
    return () => void this.#listeners.delete(listener);
  }

  /** How many follow; for whoever looks for leaks. */
  get followerCount(): number {
    return this.#listeners.size;
  }

  #tell(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }
}
