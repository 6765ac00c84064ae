/** Chance. Bodies: node:crypto on a board, a seeded generator in a simulation. */
export interface Random {
  /** Uniform in [0, 1), with at least 32 random bits. */
  next(): number;
  /** `byteCount` random bytes, fit for keys on a board; from the seed in a simulation. */
  bytes(byteCount: number): Uint8Array;
}
