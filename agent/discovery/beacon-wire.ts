import { Packr } from "msgpackr";

/** What one beacon says. */
export interface Beacon {
  /** Only boards of one cluster listen to each other. */
  readonly cluster: string;
  readonly boardId: string;
  /** Differs after every start of the board's agent. */
  readonly incarnation: string;
  /** Where the board tells what it provides. */
  readonly endpoint: string;
  /** Grows with every change of what the board provides. */
  readonly version: number;
  /** A goodbye. */
  readonly leaving: boolean;
}

const HEADER = new TextEncoder().encode("HGB1");
const TEXT_LENGTH_MAX = 100;
const packr = new Packr({ useRecords: false });

/** Header, then a MessagePack list in the order of the interface. */
export function encodeBeacon(beacon: Beacon): Uint8Array {
  const { cluster, boardId, incarnation, endpoint, version, leaving } = beacon;
  const body = packr.pack([cluster, boardId, incarnation, endpoint, version, leaving]);
  const payload = new Uint8Array(HEADER.length + body.length);
  payload.set(HEADER);
  payload.set(body, HEADER.length);
  return payload;
}

/** Undefined for anything that is not a beacon: on a LAN, noise is normal. */
export function decodeBeacon(payload: Uint8Array): Beacon | undefined {
  if (HEADER.some((byte, index) => payload[index] !== byte)) return undefined;
  const list = unpack(payload.subarray(HEADER.length));
  if (!Array.isArray(list) || list.length < 6) return undefined;
  const [cluster, boardId, incarnation, endpoint, version, leaving] = list as unknown[];
  if (!isText(cluster) || !isText(boardId) || !isText(incarnation) || !isText(endpoint))
    return undefined;
  if (!Number.isSafeInteger(version) || typeof leaving !== "boolean") return undefined;
  return { cluster, boardId, incarnation, endpoint, version: version as number, leaving };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= TEXT_LENGTH_MAX;
}

function unpack(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes);
  } catch {
    return undefined;
  }
}
