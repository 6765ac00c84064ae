import { LINE_BYTES_MAX } from "../core/switchboard.ts";
import type { Board } from "./board.ts";
import { ByteWriter } from "./byte-writer.ts";
import { RECORDS_BYTES_MAX } from "./deliveries.ts";
import {
  type Comparison,
  LAST_PLACE,
  RECORDS_MAX,
  type ReplyBody,
  type RequestBody,
  type SentRecord,
  type StoreResult,
} from "./packet.ts";
import { HEADER_BYTES, SENT_RECORD_BYTES } from "./packet-codec.ts";
import { placeOf, type SignedRecord } from "./signed-record.ts";
import { reconcile } from "./summaries.ts";

type Request<Kind extends RequestBody["kind"]> = Extract<RequestBody, { kind: Kind }>;

/** The answer to a request of `from`, which has shown that it can be reached there. */
export function answerTo(
  board: Board,
  from: string,
  requestId: number,
  body: RequestBody,
): ReplyBody | undefined {
  switch (body.kind) {
    case "find":
      return onFind(board, requestId, body);
    case "store":
      return onStore(board, from, body);
    case "listen":
      return onListen(board, from, body);
    case "get":
      return onGet(board, body);
  }
}

/** What a board signs when it answers a lookup: that it is the one asked, there and now. */
export function proofBytes(
  network: number,
  requestId: number,
  { target, to }: Pick<Request<"find">, "target" | "to">,
): Uint8Array {
  const writer = new ByteWriter().bytes(new TextEncoder().encode("hedgerow dht nodes "));
  return writer.number(network, 4).number(requestId, 6).hex(target).ascii(to).done();
}

/** Nothing for who asks another address than ours: it would prove us at the address of somebody else. */
function onFind(board: Board, requestId: number, body: Request<"find">): ReplyBody | undefined {
  const { self, settings, table, identity } = board;
  if (body.to !== self.address && !settings.ownAddresses.includes(body.to)) {
    board.counters.strayCount += 1;
    return undefined;
  }
  const signature = identity.sign(proofBytes(board.network, requestId, body));
  const contacts = table.closest(body.target, settings.replicaCount);
  return { kind: "nodes", publicKey: self.publicKey, signature, contacts };
}

function onStore(board: Board, from: string, { records }: Request<"store">): ReplyBody {
  const results: StoreResult[] = [];
  const newer = new Set<SignedRecord>();
  for (const sent of records) {
    const result = board.accept(sent, from);
    results.push(result);
    if (result !== "stale") continue;
    const { key, ownerId } = sent.record;
    const instead = board.store.get(key, placeOf(sent.record)) ?? board.store.latestOf(ownerId);
    if (instead !== undefined) newer.add(instead);
  }
  return { kind: "stored", results, newer: packed(board, [...newer], results.length).records };
}

function onListen(board: Board, from: string, { mode, keys }: Request<"listen">): ReplyBody {
  const { store, plan, leases, listeners, settings, nowMs } = board;
  const comparisons = keys.map(({ key, digest }): Comparison => {
    if (mode === "release") {
      leases.release(key, from);
      return "same";
    }
    if (!plan.isTracked(key) && !listeners.has(key) && !plan.isNear(key)) return "refused";
    if (mode === "lease" && !leases.grant(key, from, nowMs + settings.leaseMs)) return "refused";
    if (store.digestOf(key) === digest) return "same";
    reconcile(board, from, key, digest);
    return "differs";
  });
  return { kind: "listened", comparisons };
}

function onGet(board: Board, { key, from }: Request<"get">): ReplyBody {
  const { store } = board;
  const places = store.placesOf(key, from, LAST_PLACE);
  const all = places.map(({ place }) => store.get(key, place)).filter((each) => each !== undefined);
  const { records, restCount } = packed(board, all, 12);
  const next = places[places.length - restCount]?.place;
  return {
    kind: "values",
    records,
    next: restCount === 0 || next === undefined ? LAST_PLACE : next,
  };
}

/** As many of `records`, from the first on, as go into one packet beside `besideBytes`. */
function packed(
  { store, nowMs }: Board,
  records: readonly SignedRecord[],
  besideBytes: number,
): { readonly records: readonly SentRecord[]; readonly restCount: number } {
  const sent: SentRecord[] = [];
  let leftBytes = Math.min(RECORDS_BYTES_MAX, LINE_BYTES_MAX - HEADER_BYTES - 2) - besideBytes;
  for (const record of records) {
    leftBytes -= SENT_RECORD_BYTES + record.bytes.byteLength;
    if (leftBytes < 0 || sent.length >= RECORDS_MAX) break;
    const remainingMs = store.remainingMs(record.key, placeOf(record), nowMs);
    sent.push({ record, remainingMs: Math.max(1, remainingMs) });
  }
  return { records: sent, restCount: records.length - sent.length };
}
