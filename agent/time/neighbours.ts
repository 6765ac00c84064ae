/** Boards that each one asks; as many ask it. */
export const ASKED_MAX = 4;

/**
 * Whom `self` asks for the time, out of all boards: on a ring in the order of their names, those that follow
 * at distances which grow evenly, so that few steps lead everywhere and no board is asked by more than
 * ASKED_MAX. Up to nine boards all meet. Pure.
 * Source: circulant graphs as in Stoica et al., "Chord" (2001), with four fingers for any number of boards.
 */
export function askedBy(self: string, boards: readonly string[]): readonly string[] {
  const ring = [...new Set([...boards, self])].sort();
  const count = ring.length;
  const place = ring.indexOf(self);
  const asked = new Set<string>();
  for (const distance of distances(count)) {
    const board = ring[(place + distance) % count];
    // Opposite each other both would ask.
    if (board === undefined || board === self) continue;
    if (distance * 2 === count && place >= count / 2) continue;
    asked.add(board);
  }
  return [...asked];
}

/** Steps along a ring of `count` boards. */
export function distances(count: number): readonly number[] {
  const far = Math.floor(count / 2);
  if (far <= ASKED_MAX) return Array.from({ length: far }, (_, index) => index + 1);
  const ratio = Math.max(2, far ** (1 / ASKED_MAX) * 1.15);
  const steps = new Set<number>();
  for (let power = 0; power < ASKED_MAX; power += 1) {
    let step = Math.min(far, Math.round(ratio ** power));
    while (steps.has(step)) step += 1;
    steps.add(step);
  }
  return [...steps];
}
