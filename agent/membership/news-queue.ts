import { type Update, updateBytes } from "./packet.ts";
import { transmissionsMax } from "./timing.ts";

/** Most pieces of news that wait; the oldest give way: comparing tables finds what was missed. */
export const NEWS_MAX = 2_048;
/** Most pieces of news in one packet; its count is one byte. */
const UPDATES_MAX = 60;

interface News {
  readonly update: Update;
  readonly bytes: number;
  leftCount: number;
}

/**
 * News that rides on packets which are sent anyway, the least told first, each up to its number of times.
 * One piece per board: newer news of a board replaces older. Pure.
 * Source: "SWIM", section 4.1, and hashicorp/memberlist, TransmitLimitedQueue.
 */
export class NewsQueue {
  readonly #news = new Map<string, News>();

  get size(): number {
    return this.#news.size;
  }

  /** @param timesMax at most so often; default by the number of boards. */
  add(update: Update, boardCount: number, timesMax = Number.POSITIVE_INFINITY): void {
    const { boardId } = update;
    this.#news.delete(boardId);
    if (this.#news.size >= NEWS_MAX) this.#news.delete(this.#news.keys().next().value ?? "");
    const leftCount = Math.min(timesMax, transmissionsMax(boardCount));
    this.#news.set(boardId, { update, bytes: updateBytes(update), leftCount });
  }

  /** Takes out what fits into `bytesMax`, for one packet. */
  take(bytesMax: number): Update[] {
    if (this.#news.size === 0) return [];
    const updates: Update[] = [];
    let leftBytes = bytesMax;
    const leastTold = [...this.#news].sort(([, a], [, b]) => b.leftCount - a.leftCount);
    for (const [boardId, news] of leastTold) {
      if (updates.length >= UPDATES_MAX) break;
      if (news.bytes > leftBytes) continue;
      leftBytes -= news.bytes;
      updates.push(news.update);
      news.leftCount -= 1;
      if (news.leftCount <= 0) this.#news.delete(boardId);
    }
    return updates;
  }
}
