import type { MemberEvent } from "./member-table.ts";

/** What the room tells its owner. */
export type MembershipEvent =
  | MemberEvent
  /**
   * Others took this board, `boardId`, for dead while it was not: what they forgot with it they have to be
   * told again. It may be told many times for one mistake.
   */
  | { readonly kind: "mistaken"; readonly boardId: string }
  /** Somebody signs with another key as `boardId`; told once a minute for each name at most. */
  | {
      readonly kind: "imposter";
      readonly boardId: string;
      readonly publicKey: Uint8Array;
      /** Where its packet came from. */
      readonly from: string;
    };

/** One other board that is there. */
export interface Member {
  readonly boardId: string;
  readonly publicKey: Uint8Array;
  readonly incarnation: number;
  /** host:port of the board's one datagram socket. */
  readonly address: string;
  /** Further addresses of the same socket, or of other interfaces. */
  readonly alternativeAddresses: readonly string[];
  /** What the owner has set: see Membership.setMeta. */
  readonly meta: Uint8Array;
}
