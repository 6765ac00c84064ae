import { hexOf } from "../core/hex.ts";
import type { Identity } from "../core/identity.ts";
import { SIGNATURE_BYTES } from "../core/identity.ts";
import type { Random } from "../core/random.ts";
import { LINE_BYTES_MAX } from "../core/switchboard.ts";
import { ID_BYTES, idOfPublicKey } from "./ids.ts";
import {
  type Body,
  type Comparison,
  type ListenMode,
  type Packet,
  type SentRecord,
  type StoreResult,
  TOKEN_BYTES,
} from "./packet.ts";
import { decodePacket, encodePacket } from "./packet-codec.ts";
import { signRecord } from "./signed-record.ts";

const NETWORK = 1;

/** A packet of any kind with anything in it that may be in one. */
export function anyPacket(random: Random, identity: Identity): Packet {
  const upTo = (max: number): number => Math.floor(random.next() * (max + 1));
  return {
    requestId: upTo(2 ** 48 - 1),
    attempt: upTo(7),
    token: random.bytes(TOKEN_BYTES),
    grant: random.bytes(TOKEN_BYTES),
    body: anyBody(random, identity, upTo),
  };
}

function anyBody(random: Random, identity: Identity, upTo: (max: number) => number): Body {
  const hex = (byteCount: number): string => hexOf(random.bytes(byteCount));
  const many = <T>(max: number, item: () => T): T[] => Array.from({ length: upTo(max) }, item);
  const of = <T>(...items: readonly T[]): T => items[upTo(items.length - 1)] as T;
  const record = (): SentRecord => {
    const [isTombstone, floor] = [random.next() < 0.2, upTo(2 ** 40)];
    const rest = { key: hex(ID_BYTES), slot: upTo(2 ** 32 - 1), floor, ttlS: 1 + upTo(3_599) };
    const value = isTombstone ? "" : "v".repeat(1 + upTo(60));
    const facts = { ...rest, sequence: floor + upTo(2 ** 40), isTombstone, value };
    return { record: signRecord(identity, NETWORK, facts), remainingMs: upTo(3_600_000) };
  };
  const publicKey = random.bytes(32);
  const contact = { id: idOfPublicKey(publicKey), publicKey, address: "10.0.0.1:4000" };
  const key = hex(ID_BYTES);
  switch (upTo(9)) {
    case 0:
      return { kind: "denied" };
    case 1:
      return { kind: "find", target: key, publicKey, to: "board-7:4000" };
    case 2: {
      const signature = random.bytes(SIGNATURE_BYTES);
      return { kind: "nodes", publicKey, signature, contacts: many(8, () => contact) };
    }
    case 3:
      return { kind: "store", records: many(4, record) };
    case 4: {
      const results = many(16, () => of<StoreResult>("kept", "stale", "full", "foreign"));
      return { kind: "stored", results, newer: many(3, record) };
    }
    case 5: {
      const keys = many(38, () => ({ key: hex(ID_BYTES), digest: hex(8) }));
      return { kind: "listen", mode: of<ListenMode>("lease", "compare", "release"), keys };
    }
    case 6: {
      const comparisons = many(38, () => of<Comparison>("same", "differs", "refused"));
      return { kind: "listened", comparisons };
    }
    case 7:
      return { kind: "get", key, from: hex(12) };
    case 8:
      return { kind: "values", next: hex(12), records: many(3, record) };
    default: {
      const places = many(58, () => ({ place: hex(12), sequence: upTo(2 ** 48 - 1) }));
      const range = { from: "0".repeat(24), to: hex(12) };
      return { kind: "summary", key, ...range, isAnswer: random.next() < 0.5, places };
    }
  }
}

/** `bytes` with one thing wrong, or several: bits, lengths, a piece cut out, doubled or put elsewhere. */
export function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  const upTo = (max: number): number => Math.floor(random.next() * (max + 1));
  let result = Uint8Array.from(bytes);
  for (let count = 1 + upTo(3); count > 0; count -= 1) {
    const [one, other] = [upTo(result.length), upTo(result.length)].sort((a, b) => a - b);
    const [start = 0, end = 0] = [one, other];
    const lot = upTo(5);
    if (lot === 0) result = result.slice(0, end);
    else if (lot === 1)
      result = Uint8Array.from([...result.subarray(0, start), ...result.subarray(end)]);
    else if (lot === 2)
      result = Uint8Array.from([...result.subarray(0, end), ...result.subarray(start)]);
    else if (lot === 3) result.set(random.bytes(end - start), start);
    else if (result.length > 0) {
      const place = upTo(result.length - 1);
      result[place] = lot === 4 ? upTo(255) : (result[place] ?? 0) ^ (1 << upTo(7));
    }
  }
  return result.subarray(0, 4 * LINE_BYTES_MAX);
}

/** What the decoder made of inputs so far. */
export interface FuzzReport {
  readonly inputCount: number;
  /** Inputs that were packets all the same. */
  readonly wholeCount: number;
}

/**
 * Feeds `inputCount` mutated packets to the decoder; those that it takes for whole have to encode to the
 * same bytes. A function of `random`. For a test, or for a night.
 * @throws Error with the input in hexadecimal digits when the decoder is not total, or not exact.
 */
export function fuzzPackets(random: Random, identity: Identity, inputCount: number): FuzzReport {
  let wholeCount = 0;
  let seedBytes = encodePacket(NETWORK, anyPacket(random, identity));
  for (let count = 0; count < inputCount; count += 1) {
    if (count % 16 === 0) seedBytes = encodePacket(NETWORK, anyPacket(random, identity));
    const input = mutated(random, seedBytes);
    let packet: ReturnType<typeof decodePacket>;
    try {
      packet = decodePacket(NETWORK, input);
    } catch (cause) {
      throw new Error(`the decoder threw for ${hexOf(input)}`, { cause });
    }
    if (typeof packet === "string") continue;
    wholeCount += 1;
    if (hexOf(encodePacket(NETWORK, packet)) !== hexOf(input))
      throw new Error(`not the same bytes again for ${hexOf(input)}`);
  }
  return { inputCount, wholeCount };
}
