import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../core/identity.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { ID_BYTES, idOfPublicKey } from "./ids.ts";
import {
  ADDRESS_LENGTH_MAX,
  type Body,
  CONTACTS_MAX,
  type Comparison,
  type Contact,
  KEYS_MAX,
  type ListenMode,
  type Packet,
  PLACES_MAX,
  RECORDS_MAX,
  type SentRecord,
  type StoreResult,
  TOKEN_BYTES,
} from "./packet.ts";
import { decodeRecord, RECORD_BYTES_MAX, type SignedRecord } from "./signed-record.ts";

/** Of the layout; packets of another are dropped. */
export const WIRE_VERSION = 1;
/** Bytes before the body: version, kind, network, request, attempt, token, grant. */
export const HEADER_BYTES = 1 + 1 + 4 + 6 + 1 + 2 * TOKEN_BYTES;
/** Bytes of a record in a packet besides its own. */
export const SENT_RECORD_BYTES = 4 + 2;

const KINDS = [
  ...["denied", "find", "nodes", "store", "stored", "listen", "listened"],
  ...["get", "values", "summary"],
] as const;
const RESULTS: readonly StoreResult[] = ["kept", "stale", "full", "foreign"];
const COMPARISONS: readonly Comparison[] = ["same", "differs", "refused"];
const MODES: readonly ListenMode[] = ["lease", "compare", "release"];
const PLACE_BYTES = 12;
const DIGEST_BYTES = 8;

/** Why bytes are no packet of ours. */
export type Refusal = "malformed" | "version" | "network";

/** The bytes of `packet` for the boards of `network`. */
export function encodePacket(network: number, packet: Packet): Uint8Array {
  const { body, requestId, attempt, token, grant } = packet;
  const writer = new ByteWriter().number(WIRE_VERSION, 1).number(KINDS.indexOf(body.kind), 1);
  writer.number(network, 4).number(requestId, 6).number(attempt, 1).bytes(token).bytes(grant);
  writeBody(writer, body);
  return writer.done();
}

/**
 * Total and bounded: any bytes give a packet that is whole, or the reason why not; nothing that is kept
 * refers to `bytes`. Whether signatures hold is not looked at.
 */
export function decodePacket(network: number, bytes: Uint8Array): Packet | Refusal {
  const reader = new ByteReader(bytes);
  if (reader.number(1) !== WIRE_VERSION) return reader.isGood ? "version" : "malformed";
  const kind = KINDS[reader.number(1)];
  if (reader.number(4) !== network) return reader.isGood ? "network" : "malformed";
  const [requestId, attempt] = [reader.number(6), reader.number(1)];
  const [token, grant] = [reader.copy(TOKEN_BYTES), reader.copy(TOKEN_BYTES)];
  const body = kind === undefined ? undefined : readBody(reader, kind);
  if (body === undefined || !reader.isDone) return "malformed";
  return { requestId, attempt, token, grant, body };
}

function writeBody(writer: ByteWriter, body: Body): void {
  switch (body.kind) {
    case "denied":
      break;
    case "find":
      writer.hex(body.target).bytes(body.publicKey).ascii(body.to);
      break;
    case "nodes":
      writer.bytes(body.publicKey).bytes(body.signature);
      writer.list(body.contacts, (each) => writer.bytes(each.publicKey).ascii(each.address));
      break;
    case "store":
      writeRecords(writer, body.records);
      break;
    case "stored":
      writer.list(body.results, (each) => writer.number(RESULTS.indexOf(each), 1));
      writeRecords(writer, body.newer);
      break;
    case "listen":
      writer.number(MODES.indexOf(body.mode), 1);
      writer.list(body.keys, ({ key, digest }) => writer.hex(key).hex(digest));
      break;
    case "listened":
      writer.list(body.comparisons, (each) => writer.number(COMPARISONS.indexOf(each), 1));
      break;
    case "get":
      writer.hex(body.key).hex(body.from);
      break;
    case "values":
      writer.hex(body.next);
      writeRecords(writer, body.records);
      break;
    case "summary":
      writer
        .number(body.isAnswer ? 1 : 0, 1)
        .hex(body.key)
        .hex(body.from)
        .hex(body.to);
      writer.list(body.places, ({ place, sequence }) => writer.hex(place).number(sequence, 6));
      break;
  }
}

function readBody(reader: ByteReader, kind: (typeof KINDS)[number]): Body | undefined {
  switch (kind) {
    case "denied":
      return { kind };
    case "find": {
      const [target, publicKey] = [reader.hex(ID_BYTES), reader.copy(PUBLIC_KEY_BYTES)];
      return { kind, target, publicKey, to: reader.ascii(ADDRESS_LENGTH_MAX) };
    }
    case "nodes": {
      const [publicKey, signature] = [reader.copy(PUBLIC_KEY_BYTES), reader.copy(SIGNATURE_BYTES)];
      return { kind, publicKey, signature, contacts: readContacts(reader) };
    }
    case "store":
      return { kind, records: readRecords(reader) };
    case "stored": {
      const results = reader.list(RECORDS_MAX, () => oneOf(reader, RESULTS));
      return { kind, results, newer: readRecords(reader) };
    }
    case "listen": {
      const mode = oneOf(reader, MODES);
      const item = (): { key: string; digest: string } => ({
        key: reader.hex(ID_BYTES),
        digest: reader.hex(DIGEST_BYTES),
      });
      return { kind, mode, keys: reader.list(KEYS_MAX, item) };
    }
    case "listened":
      return { kind, comparisons: reader.list(KEYS_MAX, () => oneOf(reader, COMPARISONS)) };
    case "get":
      return { kind, key: reader.hex(ID_BYTES), from: reader.hex(PLACE_BYTES) };
    case "values": {
      const next = reader.hex(PLACE_BYTES);
      return { kind, next, records: readRecords(reader) };
    }
    case "summary":
      return readSummary(reader);
  }
}

function readSummary(reader: ByteReader): Body | undefined {
  const [mark, key] = [reader.number(1), reader.hex(ID_BYTES)];
  const [from, to] = [reader.hex(PLACE_BYTES), reader.hex(PLACE_BYTES)];
  const item = (): { place: string; sequence: number } => ({
    place: reader.hex(PLACE_BYTES),
    sequence: reader.number(6),
  });
  const places = reader.list(PLACES_MAX, item);
  if (mark > 1 || from > to) return undefined;
  return { kind: "summary", key, from, to, isAnswer: mark === 1, places };
}

function readContacts(reader: ByteReader): Contact[] {
  return reader.list(CONTACTS_MAX, () => {
    const publicKey = reader.copy(PUBLIC_KEY_BYTES);
    return { id: idOfPublicKey(publicKey), publicKey, address: reader.ascii(ADDRESS_LENGTH_MAX) };
  });
}

function writeRecords(writer: ByteWriter, records: readonly SentRecord[]): void {
  writer.list(records, ({ record: { bytes }, remainingMs }) =>
    writer.number(remainingMs, 4).number(bytes.byteLength, 2).bytes(bytes),
  );
}

function readRecords(reader: ByteReader): SentRecord[] {
  const items = reader.list(RECORDS_MAX, () => {
    const [remainingMs, byteCount] = [reader.number(4), reader.number(2)];
    const record: SignedRecord | undefined =
      byteCount > RECORD_BYTES_MAX ? undefined : decodeRecord(reader.view(byteCount));
    if (record === undefined) reader.isGood = false;
    return record === undefined ? undefined : { record, remainingMs };
  });
  return items.filter((each) => each !== undefined);
}

function oneOf<T>(reader: ByteReader, all: readonly T[]): T {
  const item = all[reader.number(1)];
  if (item === undefined) reader.isGood = false;
  return item ?? (all[0] as T);
}
