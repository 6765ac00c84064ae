import type { Abi } from "abitype";
import type { Hex, SubmitOutcome } from "../component/ledger-service.ts";
import type { Database, Writer } from "../core/store.ts";
import { fromTaggedJson, toTaggedJson } from "./tagged-json.ts";

/** The tables of the ledger's database. */
const TABLE = {
  /** account to private key. */
  key: "key",
  /** account to the nonce of its next transaction. */
  nonce: "nonce",
  /** account, nonce to a signed transaction whose outcome is not known. */
  outbox: "outbox",
  /** account, kind, key to outcome. */
  outcome: "outcome",
  /** account, kind, slot to the key whose outcome is in this slot of a ring. */
  outcomeSlot: "outcome-slot",
  /** account, kind to how many outcomes were ever kept. */
  outcomeCount: "outcome-count",
  /** account, reader to its place in the chain. */
  cursor: "cursor",
} as const;

/** Kinds of requests; each has keys of its own. */
export type RequestKind = "deploy" | "call" | "transfer";

/** Who asked for what under which name. */
export interface RequestName {
  readonly account: string;
  readonly kind: RequestKind;
  readonly key: string;
}

/** A signed transaction whose outcome is not known. */
export interface OutboxRecord {
  readonly account: string;
  readonly kind: RequestKind;
  /** Undefined when the request has no name. */
  readonly key?: string;
  readonly nonce: number;
  readonly hash: Hex;
  readonly raw: Hex;
  /** The errors of the contract's interface, to name a refusal found out on chain. */
  readonly errors: Abi;
}

/** A reader's place: everything before `logIndex` of `blockNumber` was delivered. */
export interface Cursor {
  /** The contract it belongs to. */
  readonly address: Hex;
  readonly blockNumber: number;
  readonly logIndex: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Parts with their lengths in front, so that no two lists of parts give the same key. */
function keyOf(...parts: readonly (string | number)[]): Uint8Array {
  const bytes: number[] = [];
  for (const part of parts) {
    if (typeof part === "number") {
      const eight = new Uint8Array(8);
      new DataView(eight.buffer).setBigUint64(0, BigInt(part));
      bytes.push(...eight);
    } else {
      const text = encoder.encode(part);
      bytes.push(text.length >>> 24, (text.length >>> 16) & 255, (text.length >>> 8) & 255);
      bytes.push(text.length & 255, ...text);
    }
  }
  return Uint8Array.from(bytes);
}

function pack(value: unknown): Uint8Array {
  return encoder.encode(toTaggedJson(value));
}

function unpack(bytes: Uint8Array | undefined): unknown {
  return bytes === undefined ? undefined : fromTaggedJson(decoder.decode(bytes));
}

/** What can be read: a database, or a transaction in progress. */
type Reader = Pick<Database, "get">;

/** The private key of `account`, or undefined. */
export function readKey(reader: Reader, account: string): Uint8Array | undefined {
  return reader.get(TABLE.key, keyOf(account));
}

/** Keeps the private key of `account`. */
export function writeKey(writer: Writer, account: string, key: Uint8Array): void {
  writer.put(TABLE.key, keyOf(account), key);
}

/** The nonce of the next transaction of `account`; undefined before the first. */
export function readNonce(reader: Reader, account: string): number | undefined {
  return unpack(reader.get(TABLE.nonce, keyOf(account))) as number | undefined;
}

/** Sets the nonce of the next transaction of `account`. */
export function writeNonce(writer: Writer, account: string, nonce: number): void {
  writer.put(TABLE.nonce, keyOf(account), pack(nonce));
}

/** Every transaction whose outcome is not known, each account's in the order of its nonces. */
export function readOutbox(database: Database): OutboxRecord[] {
  return database.scan(TABLE.outbox, {}).map(([, value]) => unpack(value) as OutboxRecord);
}

/** Puts a transaction in the outbox. */
export function writeOutbox(writer: Writer, record: OutboxRecord): void {
  writer.put(TABLE.outbox, keyOf(record.account, record.nonce), pack(record));
}

/** Takes a transaction out of the outbox. */
export function deleteOutbox(writer: Writer, { account, nonce }: OutboxRecord): void {
  writer.delete(TABLE.outbox, keyOf(account, nonce));
}

/** The outcome of a named request, or undefined. */
export function readOutcome(reader: Reader, name: RequestName): SubmitOutcome | undefined {
  return unpack(reader.get(TABLE.outcome, keyOf(name.account, name.kind, name.key))) as
    | SubmitOutcome
    | undefined;
}

/** Keeps the outcome of a named request; of each account and kind the newest `outcomesMax` stay. */
export function writeOutcome(
  writer: Writer,
  { account, kind, key }: RequestName,
  { outcome, outcomesMax }: { readonly outcome: SubmitOutcome; readonly outcomesMax: number },
): void {
  const counted = keyOf(account, kind);
  const count = (unpack(writer.get(TABLE.outcomeCount, counted)) as number | undefined) ?? 0;
  const slot = keyOf(account, kind, count % outcomesMax);
  const oldest = unpack(writer.get(TABLE.outcomeSlot, slot)) as string | undefined;
  if (oldest !== undefined) writer.delete(TABLE.outcome, keyOf(account, kind, oldest));
  writer.put(TABLE.outcomeSlot, slot, pack(key));
  writer.put(TABLE.outcome, keyOf(account, kind, key), pack(outcome));
  writer.put(TABLE.outcomeCount, counted, pack(count + 1));
}

/** A reader's place, or undefined when it never saved one. */
export function readCursor(reader: Reader, account: string, name: string): Cursor | undefined {
  return unpack(reader.get(TABLE.cursor, keyOf(account, name))) as Cursor | undefined;
}

/** Saves a reader's place. */
export function writeCursor(
  writer: Writer,
  { account, reader }: { readonly account: string; readonly reader: string },
  cursor: Cursor,
): void {
  writer.put(TABLE.cursor, keyOf(account, reader), pack(cursor));
}
