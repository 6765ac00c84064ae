/** Where a key is said. Requesters and providers whose keys share a topic hear of each other; equal ones connect. */
export interface Place {
  readonly topic: string;
  /** What else has to be equal, such as the shapes of messages. */
  readonly variant: string;
  /** It does not leave the board. */
  readonly isLocal: boolean;
}

/** Where a key is said; must give the same place for the same key. */
export type PlaceOf = (key: string) => Place;

/** A key that is a topic of its own. */
export function keyPlace(key: string): Place {
  return { topic: key, variant: "", isLocal: false };
}
