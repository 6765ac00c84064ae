import { proofBytes } from "./answers.ts";
import type { Board } from "./board.ts";
import { CHECK_COST, FORGERY_COST } from "./host-limits.ts";
import { type Id, idOfPublicKey } from "./ids.ts";
import type { Contact, ReplyBody } from "./packet.ts";
import { hostOf } from "./routing-table.ts";

/** The board that has answered a lookup, when it has signed that it did, for this request and address. */
export function answerable(
  board: Board,
  reply: ReplyBody | undefined,
  asked: {
    readonly requestId: number;
    readonly target: Id;
    readonly to: string;
    readonly address: string;
  },
): Contact | undefined {
  if (reply?.kind !== "nodes") return undefined;
  const { identity, limits, counters, network, nowMs } = board;
  const host = hostOf(asked.address);
  if (!limits.allows(host, CHECK_COST, nowMs)) {
    counters.limitedCount += 1;
    return undefined;
  }
  const { publicKey, signature } = reply;
  if (identity.verify(publicKey, proofBytes(network, asked.requestId, asked), signature))
    return { id: idOfPublicKey(publicKey), publicKey, address: asked.address };
  counters.strayCount += 1;
  limits.charge(host, FORGERY_COST, nowMs);
  return undefined;
}
