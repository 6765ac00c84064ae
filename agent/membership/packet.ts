import { type Identity, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../core/identity.ts";
import { LINE_BYTES_MAX } from "../core/switchboard.ts";
import {
  BOARD_ID_BYTES_MAX,
  readAnnouncement,
  type SignedAnnouncement,
  signedPart,
} from "./announcement.ts";
import { ByteReader, ByteWriter, textBytes } from "./bytes.ts";
import { hashOfText } from "./hash.ts";

/** Version of the format; packets of another one are refused. */
export const PACKET_VERSION = 1;
/** The most bytes of one packet. */
export const PACKET_BYTES_MAX = LINE_BYTES_MAX;
/** Parts of the table that are compared on their own; see MemberTable. */
export const BUCKET_COUNT = 64;

const KINDS = ["hello", "ping", "ack", "ask", "nack", "vouch", "gossip", "compare"] as const;
/**
 * hello: I am here (a beacon, or a first contact). ping: answer me; ack: the answer. ask: ping `target` for
 * me; vouch: it has answered me; nack: it has not. gossip: news. compare: these are my buckets, send me what differs.
 */
export type PacketKind = (typeof KINDS)[number];

/** Report about a board by another one. */
export interface Claim {
  readonly kind: "suspect" | "dead";
  readonly boardId: string;
  readonly incarnation: number;
  readonly revision: number;
}

/** News that travels with packets. */
export type Update = SignedAnnouncement | Claim;

/** One packet, all kinds alike: what a kind does not use is 0, false or empty. */
export interface Packet {
  readonly kind: PacketKind;
  readonly boardId: string;
  readonly publicKey: Uint8Array;
  readonly incarnation: number;
  /** Grows with every packet of one incarnation. */
  readonly sequence: number;
  /** hello: send me the list. compare: send me yours too. ping, ack, gossip: send me your announcement. */
  readonly wants: boolean;
  /** ping, ack, ask, vouch, nack: which question it is. hello: the port of the board's socket. */
  readonly nonce: number;
  /** Fingerprint of the table of members. */
  readonly root: number;
  /** ask, vouch, nack: the board in question; else "". */
  readonly target: string;
  /** compare: one fingerprint per bucket; else empty. */
  readonly buckets: readonly number[];
  readonly updates: readonly Update[];
}

/** The part of a packet that its sender decides; the rest is the sender's own. */
export type PacketBody = Pick<Packet, "kind"> &
  Partial<Pick<Packet, "wants" | "nonce" | "root" | "target" | "buckets" | "updates">>;

/** Offsets of what can be judged before anything is decoded. */
const VERSION_PLACE = 0;
const CLUSTER_PLACE = 1;
const HEADER_BYTES_MIN = 1 + 4 + 1 + 8 + 4 + PUBLIC_KEY_BYTES + 2 + 1 + 4 + 4 + 1;
/** The fewest bytes of a packet. */
export const PACKET_BYTES_MIN = HEADER_BYTES_MIN + SIGNATURE_BYTES;

/** The fingerprint of a cluster's name that stands in each packet; the signature covers the whole name. */
export function clusterTagOf(cluster: string): number {
  return hashOfText(cluster);
}

/** Why a packet is refused at first sight; undefined when it may go on. Costs less than a microsecond. */
export function refusalAtSight(
  payload: Uint8Array,
  clusterTag: number,
): "malformed" | "version" | "oversized" | "foreignCluster" | undefined {
  const { byteLength } = payload;
  if (byteLength > PACKET_BYTES_MAX) return "oversized";
  if (byteLength < PACKET_BYTES_MIN) return "malformed";
  if (payload[VERSION_PLACE] !== PACKET_VERSION) return "version";
  const view = new DataView(payload.buffer, payload.byteOffset);
  if (view.getUint32(CLUSTER_PLACE) !== clusterTag) return "foreignCluster";
  return undefined;
}

/** Bytes that one update takes in a packet. */
export function updateBytes(update: Update): number {
  if ("bytes" in update) return 1 + update.bytes.byteLength;
  return 1 + 1 + textBytes(update.boardId) + 8 + 4;
}

/** Room for updates in a packet of `boardId`; a compare has none. */
export function updateBytesMax(boardId: string, target = ""): number {
  const nameBytes = textBytes(boardId) + textBytes(target);
  return PACKET_BYTES_MAX - PACKET_BYTES_MIN - nameBytes - 1;
}

/** Where packets are put together, one after the other: what leaves is a copy. */
const scratch = new Uint8Array(PACKET_BYTES_MAX);

/** Encodes and signs. The updates have to fit: see updateBytesMax. */
export function encodePacket(
  packet: Packet,
  cluster: string,
  identity: Pick<Identity, "sign">,
): Uint8Array {
  const writer = new ByteWriter(scratch).u8(PACKET_VERSION).u32(clusterTagOf(cluster));
  writer.u8(KINDS.indexOf(packet.kind)).u53(packet.incarnation).u32(packet.sequence);
  writer.raw(packet.publicKey).text(packet.boardId);
  writer
    .u8(packet.wants ? 1 : 0)
    .u32(packet.nonce)
    .u32(packet.root);
  if (hasTarget(packet.kind)) writer.text(packet.target);
  if (packet.kind === "compare") for (const bucket of packet.buckets) writer.u32(bucket);
  writer.u8(packet.updates.length);
  for (const update of packet.updates) {
    if ("bytes" in update) writer.u8(0).raw(update.bytes);
    else {
      writer.u8(update.kind === "suspect" ? 1 : 2).text(update.boardId);
      writer.u53(update.incarnation).u32(update.revision);
    }
  }
  writer.raw(identity.sign(signedPart(writer.bytes(), "packet", cluster)));
  return writer.bytes().slice();
}

/** Undefined for anything that is no packet of this version. Never throws; says nothing of the signature. */
export function decodePacket(payload: Uint8Array): Packet | undefined {
  if (payload.byteLength < PACKET_BYTES_MIN || payload.byteLength > PACKET_BYTES_MAX)
    return undefined;
  const body = payload.subarray(0, payload.byteLength - SIGNATURE_BYTES);
  const reader = new ByteReader(body);
  if (reader.u8() !== PACKET_VERSION) return undefined;
  reader.u32();
  const kind = KINDS[reader.u8()];
  if (kind === undefined) return undefined;
  const incarnation = reader.u53();
  const sequence = reader.u32();
  const publicKey = reader.raw(PUBLIC_KEY_BYTES);
  const boardId = reader.text(BOARD_ID_BYTES_MAX);
  const wants = reader.u8();
  if (wants > 1) return undefined;
  const [nonce, root] = [reader.u32(), reader.u32()];
  const target = hasTarget(kind) ? reader.text(BOARD_ID_BYTES_MAX) : "";
  const buckets: number[] = [];
  if (kind === "compare")
    for (let count = 0; count < BUCKET_COUNT; count += 1) buckets.push(reader.u32());
  const updates = readUpdates(reader, body);
  if (!reader.isDone) return undefined;
  const sender = { boardId, publicKey, incarnation, sequence };
  return { kind, ...sender, wants: wants === 1, nonce, root, target, buckets, updates };
}

function hasTarget(kind: PacketKind): boolean {
  return kind === "ask" || kind === "vouch" || kind === "nack";
}

function readUpdates(reader: ByteReader, payload: Uint8Array): Update[] {
  const updates: Update[] = [];
  const count = reader.u8();
  while (updates.length < count && !reader.isBroken) {
    const kind = reader.u8();
    if (kind === 0) {
      const announcement = readAnnouncement(reader, payload);
      if (announcement !== undefined) updates.push(announcement);
    } else if (kind <= 2) {
      const boardId = reader.text(BOARD_ID_BYTES_MAX);
      const [incarnation, revision] = [reader.u53(), reader.u32()];
      updates.push({ kind: kind === 1 ? "suspect" : "dead", boardId, incarnation, revision });
    } else reader.isBroken = true;
  }
  return updates;
}

/** Whether the packet's sender signed `payload` for `cluster`. Dear. */
export function isSigned(
  payload: Uint8Array,
  publicKey: Uint8Array,
  cluster: string,
  identity: Pick<Identity, "verify">,
): boolean {
  const end = payload.byteLength - SIGNATURE_BYTES;
  const message = signedPart(payload.subarray(0, end), "packet", cluster);
  return identity.verify(publicKey, message, payload.subarray(end));
}
