import type { Hex } from "../component/ledger-service.ts";
import type { Cursor } from "./ledger-records.ts";

/** Where something stands on the chain. */
export interface LogPlace {
  readonly blockNumber: number;
  readonly logIndex: number;
}

/** Where a reader starts: at its saved place, unless that belongs to another contract. */
export function startCursor(
  saved: Cursor | undefined,
  { address, fromBlock }: { readonly address: Hex; readonly fromBlock: number },
): Cursor {
  return saved?.address === address ? saved : { address, blockNumber: fromBlock, logIndex: 0 };
}

/** Whether the event at `place` is still to be delivered. */
export function isAhead(cursor: Cursor, { blockNumber, logIndex }: LogPlace): boolean {
  return (
    blockNumber > cursor.blockNumber ||
    (blockNumber === cursor.blockNumber && logIndex >= cursor.logIndex)
  );
}

/** The cursor once the event at `place` is delivered. */
export function pastEvent(cursor: Cursor, { blockNumber, logIndex }: LogPlace): Cursor {
  return { ...cursor, blockNumber, logIndex: logIndex + 1 };
}

/** The cursor once nothing is left up to and including `blockNumber`; it never goes back. */
export function pastBlock(cursor: Cursor, blockNumber: number): Cursor {
  return blockNumber < cursor.blockNumber
    ? cursor
    : { ...cursor, blockNumber: blockNumber + 1, logIndex: 0 };
}
