/**
 * What a program still has to do at this instant of cluster time.
 *
 * Logical time (agent/logical-time) moves on only when no program has work left: none between `begin` and
 * `end`, every copy sent also received, and all followers of a stream at the same position.
 */
export interface Activity {
  /** A piece of work starts: a handler, a request, a block. */
  begin(): void;
  /** It ended. */
  end(): void;
  /** So many copies of messages were queued for other programs. */
  sent(copyCount: number): void;
  /** So many copies were taken in from other programs. */
  received(copyCount: number): void;
  /** This program has reached `position` (never smaller than before) of `stream`, such as a chain's block number. */
  reached(stream: string, position: number): void;
}
