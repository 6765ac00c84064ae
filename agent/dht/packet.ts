import type { Id } from "./ids.ts";
import type { SignedRecord } from "./signed-record.ts";

/** Most contacts in one answer: k, as in the paper. */
export const CONTACTS_MAX = 8;
/** Most records in one packet; bytes limit them before. */
export const RECORDS_MAX = 16;
/** Most keys of which one packet compares. */
export const KEYS_MAX = 38;
/** Most places in one summary. */
export const PLACES_MAX = 58;
/** Longest address in characters. */
export const ADDRESS_LENGTH_MAX = 64;
/** Bytes of a token. */
export const TOKEN_BYTES = 8;

/** A board that speaks this protocol. */
export interface Contact {
  readonly id: Id;
  readonly publicKey: Uint8Array;
  /** host:port. */
  readonly address: string;
}

/** A record on its way. */
export interface SentRecord {
  readonly record: SignedRecord;
  /** For how long the sender would still keep it, in ms: what is handed on lives no longer for that. */
  readonly remainingMs: number;
}

/** What the records of a key are, in 8 bytes as hexadecimal digits; equal for equal records. */
export interface KeyDigest {
  readonly key: Id;
  readonly digest: string;
}

/** Which record of which owner somebody has. */
export interface Place {
  /** See placeOf. */
  readonly place: string;
  readonly sequence: number;
}

/** What became of a record: kept (or known already); older than what is there; no room; not for this board, or not yet. */
export type StoreResult = "kept" | "stale" | "full" | "foreign";
/** Of one key: same records on both sides; other ones; not kept here. */
export type Comparison = "same" | "differs" | "refused";
/** lease: tell me of changes for LEASE_MS. compare: only compare. release: tell me no more. */
export type ListenMode = "lease" | "compare" | "release";

/** What boards ask each other. */
export type RequestBody =
  | {
      readonly kind: "find";
      readonly target: Id;
      readonly publicKey: Uint8Array;
      readonly to: string;
    }
  | { readonly kind: "store"; readonly records: readonly SentRecord[] }
  | { readonly kind: "listen"; readonly mode: ListenMode; readonly keys: readonly KeyDigest[] }
  | { readonly kind: "get"; readonly key: Id; readonly from: string };

/** What they answer. */
export type ReplyBody =
  /** The token was none of ours, or too old: try again with the one in `grant`. */
  | { readonly kind: "denied" }
  | {
      readonly kind: "nodes";
      readonly publicKey: Uint8Array;
      readonly contacts: readonly Contact[];
      readonly signature: Uint8Array;
    }
  | {
      readonly kind: "stored";
      readonly results: readonly StoreResult[];
      /** What the storer has instead of stale records, as far as it fits. */
      readonly newer: readonly SentRecord[];
    }
  | { readonly kind: "listened"; readonly comparisons: readonly Comparison[] }
  | { readonly kind: "values"; readonly records: readonly SentRecord[]; readonly next: string };

/** What needs no answer: all that the sender has of a key from one place to another. */
export interface SummaryBody {
  readonly kind: "summary";
  readonly key: Id;
  readonly from: string;
  readonly to: string;
  /** It answers a summary: whoever gets it sends records, and no summary. */
  readonly isAnswer: boolean;
  readonly places: readonly Place[];
}

/** All that travels. */
export type Body = RequestBody | ReplyBody | SummaryBody;

/** One packet. */
export interface Packet {
  /** Drawn by who asks, given back by who answers. */
  readonly requestId: number;
  /** How many times the request was sent before; given back, so that round trips are known exactly. */
  readonly attempt: number;
  /** Shows that the sender can be reached at its address: the receiver gave it to that address before. */
  readonly token: Uint8Array;
  /** The token that the receiver may use towards the sender. */
  readonly grant: Uint8Array;
  readonly body: Body;
}

/** Before the first and after the last place. */
export const FIRST_PLACE = "0".repeat(24);
/** See FIRST_PLACE. */
export const LAST_PLACE = "f".repeat(24);
