/** One end of a claim: true time was within `halfUs` of `utcUs` at a moment that both sides know. */
export interface Claim {
  readonly utcUs: number;
  readonly halfUs: number;
}

/** Where the time of a cluster comes from, in the order of their numbers in a frame. */
export const SOURCE_KINDS = ["none", "peers", "system", "ptp", "pps"] as const;

/** What boards tell each other of time. Every frame of one exchange serves both ends. */
export interface TimeFrame {
  readonly kind: "ask" | "answer";
  /** Names this frame; the receiver gives it back as `echoSeq`. */
  readonly seq: number;
  /** The last frame that the sender had from the receiver; 0: none. */
  readonly echoSeq: number;
  /** True time when this frame left; of a board that is not set, its system's clock. */
  readonly sent: Claim;
  /** True time when the echoed frame arrived at the sender. */
  readonly arrived: Claim;
  /** The sender knows the time of the cluster. */
  readonly isSet: boolean;
  /** The time is the sender's own: of its sources, or it is the reference of the cluster. */
  readonly isRoot: boolean;
  /** Where the root has it from; "peers": from nowhere, UTC is not known. */
  readonly source: (typeof SOURCE_KINDS)[number];
  readonly stratum: number;
  /** Rank of the root; of a board that is not set, the lowest that it knows of. */
  readonly rootRank: number;
  /** How old the last word of the root is, in µs, in steps of 10 ms. */
  readonly rootAgeUs: number;
  /** How far the root's rate may be from what it was before it became the root, in ppb, in steps of 100. */
  readonly rootRatePpb: number;
  /** Seconds that UTC will insert or leave out at the end of this day, as the root has it. */
  readonly leapSeconds: -1 | 0 | 1;
  /** Rank of a root that the sender has found out; 0: none. */
  readonly suspectRank: number;
}

/** Bytes of every frame. */
export const FRAME_BYTES = 51;
const VERSION = 1;
const AGE_STEP_US = 10_000;
const RATE_STEP_PPB = 100;
const SHORT_MAX = 0xffff;
const STRATUM_MAX = 16;
/** More than nothing, also as a number of 32 bits. */
const TINY_US = 1e-30;
const LEAPS = [-1, 0, 1] as const;
/** Beyond it numbers of µs are not exact. */
const UTC_US_MAX = Number.MAX_SAFE_INTEGER;

/** Lays out a frame. Halves, ages and rates are rounded up: nobody is told less than is true. */
export function encodeTimeFrame(frame: TimeFrame): Uint8Array {
  const bytes = new Uint8Array(FRAME_BYTES);
  const view = new DataView(bytes.buffer);
  const { kind, isSet, isRoot, source, sent, arrived } = frame;
  view.setUint8(0, (VERSION << 4) | (kind === "ask" ? 0 : 1));
  const bits = (isSet ? 1 : 0) | (isRoot ? 2 : 0) | (SOURCE_KINDS.indexOf(source) << 2);
  view.setUint8(1, bits | ((frame.leapSeconds + 1) << 5));
  view.setUint32(2, frame.seq);
  view.setUint32(6, frame.echoSeq);
  view.setFloat64(10, sent.utcUs);
  view.setFloat32(18, upwards(sent.halfUs));
  view.setFloat64(22, arrived.utcUs);
  view.setFloat32(30, upwards(arrived.halfUs));
  setRank(view, 34, frame.rootRank);
  setRank(view, 40, frame.suspectRank);
  view.setUint16(46, Math.min(SHORT_MAX, Math.ceil(frame.rootAgeUs / AGE_STEP_US)));
  view.setUint16(48, Math.min(SHORT_MAX, Math.ceil(frame.rootRatePpb / RATE_STEP_PPB)));
  view.setUint8(50, frame.stratum);
  return bytes;
}

/** The frame, or undefined for anything else. */
export function decodeTimeFrame(bytes: Uint8Array): TimeFrame | undefined {
  if (bytes.byteLength !== FRAME_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [head, flags] = [view.getUint8(0), view.getUint8(1)];
  const source = SOURCE_KINDS[(flags >> 2) & 7];
  const stratum = view.getUint8(50);
  const leapSeconds = LEAPS[(flags >> 5) & 3];
  const sent = claimAt(view, 10);
  const arrived = claimAt(view, 22);
  if (head >> 4 !== VERSION || (head & 15) > 1) return undefined;
  if (source === undefined || leapSeconds === undefined || stratum > STRATUM_MAX) return undefined;
  if (sent === undefined || arrived === undefined) return undefined;
  return {
    kind: (head & 15) === 0 ? "ask" : "answer",
    ...{ seq: view.getUint32(2), echoSeq: view.getUint32(6), sent, arrived },
    ...{ isSet: (flags & 1) !== 0, isRoot: (flags & 2) !== 0, source, stratum },
    leapSeconds,
    rootRank: rankAt(view, 34),
    suspectRank: rankAt(view, 40),
    rootAgeUs: view.getUint16(46) * AGE_STEP_US,
    rootRatePpb: view.getUint16(48) * RATE_STEP_PPB,
  };
}

/** A board's rank: the lowest is the reference of a cluster that has no other. 48 bits of FNV-1a of its name, not 0. */
export function rankOf(boardId: string): number {
  let [one, other] = [0x811c9dc5, 0x01000193];
  for (const byte of new TextEncoder().encode(boardId)) {
    one = Math.imul(one ^ byte, 0x01000193);
    other = Math.imul(other ^ byte ^ 0x5a, 0x85ebca6b) ^ (other >>> 13);
  }
  return Math.max(1, (one >>> 0) * 2 ** 16 + ((other >>> 8) & 0xffff));
}

function claimAt(view: DataView, offset: number): Claim | undefined {
  const utcUs = view.getFloat64(offset);
  const halfUs = view.getFloat32(offset + 8);
  return utcUs >= 0 && utcUs <= UTC_US_MAX && halfUs >= 0 ? { utcUs, halfUs } : undefined;
}

/** Not smaller once it has been rounded to 24 bits. */
function upwards(halfUs: number): number {
  const rounded = Math.fround(halfUs);
  return rounded >= halfUs ? rounded : rounded * (1 + 2 ** -23) + TINY_US;
}

function setRank(view: DataView, offset: number, rank: number): void {
  view.setUint16(offset, Math.floor(rank / 2 ** 32));
  view.setUint32(offset + 2, rank % 2 ** 32);
}

function rankAt(view: DataView, offset: number): number {
  return view.getUint16(offset) * 2 ** 32 + view.getUint32(offset + 2);
}
