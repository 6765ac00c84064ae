import type { Board } from "./board.ts";
import type { Id } from "./ids.ts";
import { FIRST_PLACE, LAST_PLACE, PLACES_MAX, type Place, type SummaryBody } from "./packet.ts";

/** Up to so many records are sent to a new listener unasked. */
const UNASKED_MAX = 16;

/** All that this board has of `key` between two places, told to `to` in as many packets as it takes. */
export function sendSummary(
  board: Board,
  to: string,
  range: {
    readonly key: Id;
    readonly from: string;
    readonly to: string;
    readonly isAnswer: boolean;
  },
): void {
  const places = board.store.placesOf(range.key, range.from, range.to);
  // The last place of a page is the first of the next: no place lies between two pages.
  for (let start = 0; start === 0 || start < places.length - 1; start += PLACES_MAX - 1) {
    const page = places.slice(start, start + PLACES_MAX);
    const isLast = start + PLACES_MAX >= places.length;
    const from = start === 0 ? range.from : (page[0]?.place ?? range.from);
    const end = isLast ? range.to : (page.at(-1)?.place ?? range.to);
    board.say(to, { ...range, kind: "summary", from, to: end, places: page });
    if (isLast) return;
  }
}

/** `from` has other records of `key` than this board, `digest` in all: each gets what it lacks. */
export function reconcile(board: Board, from: string, key: Id, digest: string): void {
  const records = board.store.placesOf(key, FIRST_PLACE, LAST_PLACE);
  const hasNone = /^0*$/.test(digest);
  if (hasNone && records.length <= UNASKED_MAX) {
    for (const { place } of records) board.outbox.add(from, { key, place, attempt: 0 });
    return;
  }
  sendSummary(board, from, { key, from: FIRST_PLACE, to: LAST_PLACE, isAnswer: false });
}

/** Sends `from` what its summary lacks; asks, by a summary of our own, for what it has and we lack. */
export function onSummary(board: Board, from: string, body: SummaryBody): void {
  const theirs = new Map(body.places.map(({ place, sequence }) => [place, sequence]));
  const ours: Place[] = board.store.placesOf(body.key, body.from, body.to);
  for (const { place, sequence } of ours) {
    if ((theirs.get(place) ?? -1) < sequence)
      board.outbox.add(from, { key: body.key, place, attempt: 0 });
    if ((theirs.get(place) ?? -1) <= sequence) theirs.delete(place);
  }
  // What is left is newer there, or unknown here.
  const { key, to } = body;
  if (theirs.size > 0 && !body.isAnswer)
    sendSummary(board, from, { key, from: body.from, to, isAnswer: true });
}
