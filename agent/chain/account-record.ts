import { RLP } from "@ethereumjs/rlp";
import {
  bigIntToUnpaddedBytes,
  bytesToBigInt,
  equalsBytes,
  KECCAK256_NULL,
} from "@ethereumjs/util";

/** What the state keeps of one account; its storage lies in a table of its own. */
export interface AccountRecord {
  readonly nonce: bigint;
  readonly balanceWei: bigint;
  /** keccak256 of the code; of nothing when there is none. */
  readonly codeHash: Uint8Array;
}

/** An account that was never touched. */
export const EMPTY_ACCOUNT: AccountRecord = {
  nonce: 0n,
  balanceWei: 0n,
  codeHash: KECCAK256_NULL,
};

/** An account's bytes in the database: RLP of nonce, balance and code hash (empty without code). */
export function encodeAccount({ nonce, balanceWei, codeHash }: AccountRecord): Uint8Array {
  return RLP.encode([
    bigIntToUnpaddedBytes(nonce),
    bigIntToUnpaddedBytes(balanceWei),
    equalsBytes(codeHash, KECCAK256_NULL) ? new Uint8Array() : codeHash,
  ]);
}

/** The inverse of encodeAccount. */
export function decodeAccount(bytes: Uint8Array): AccountRecord {
  const [nonce, balance, codeHash] = RLP.decode(bytes) as [Uint8Array, Uint8Array, Uint8Array];
  return {
    nonce: bytesToBigInt(nonce),
    balanceWei: bytesToBigInt(balance),
    codeHash: codeHash.length === 0 ? KECCAK256_NULL : codeHash,
  };
}

/** Whether two records say the same. */
export function sameAccount(a: AccountRecord | null, b: AccountRecord | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.nonce === b.nonce && a.balanceWei === b.balanceWei && equalsBytes(a.codeHash, b.codeHash)
  );
}
