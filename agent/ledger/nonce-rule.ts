/** What is known when an account signs for the first time since the manager was opened. */
export interface NonceFacts {
  /** The nonce kept in the database; undefined before the account's first transaction. */
  readonly stored: number | undefined;
  /** How many transactions of the account the chain has or will have (eth_getTransactionCount, pending). */
  readonly chainCount: number;
  /** Whether transactions of the account wait in the outbox. */
  readonly waiting: boolean;
}

/**
 * The nonce of the account's next transaction.
 *
 * With transactions waiting, the database knows of nonces that the chain has not seen yet: the larger
 * counts. With none waiting, the chain alone is right: it may have gone on (the same key was used
 * elsewhere) or been set up anew, and a gap would keep every later transaction from its block.
 */
export function firstNonce({ stored, chainCount, waiting }: NonceFacts): number {
  return waiting ? Math.max(stored ?? 0, chainCount) : chainCount;
}

/** How often a used-up nonce must be seen without a receipt of ours before it counts as taken by another. */
export const NONCE_LOST_CHECKS = 3;
