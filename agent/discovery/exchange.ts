import { Packr } from "msgpackr";
import { PROVIDERS_PER_BOARD_MAX, type Provider } from "./registry.ts";

/** What a board answers when asked what it provides. */
export interface Inventory {
  readonly boardId: string;
  readonly incarnation: string;
  readonly version: number;
  readonly providers: readonly Provider[];
}

const KEY_LENGTH_MAX = 1_000;
const packr = new Packr({ useRecords: false });

/** The question: one fixed frame. */
export const INVENTORY_REQUEST = new TextEncoder().encode("HGI1");

/** Whether a frame is the question. */
export function isInventoryRequest(frame: Uint8Array): boolean {
  return (
    frame.length === INVENTORY_REQUEST.length &&
    INVENTORY_REQUEST.every((byte, index) => frame[index] === byte)
  );
}

/** Lays out an answer. */
export function encodeInventory(inventory: Inventory): Uint8Array {
  const { boardId, incarnation, version, providers } = inventory;
  const pairs = providers.map(({ key, endpoint }) => [key, endpoint]);
  return packr.pack([boardId, incarnation, version, pairs]);
}

/** The answer, or undefined for anything else. */
export function decodeInventory(frame: Uint8Array): Inventory | undefined {
  const value = unpack(frame);
  if (!Array.isArray(value)) return undefined;
  const [boardId, incarnation, version, pairs] = value as unknown[];
  if (!isText(boardId) || !isText(incarnation) || !Number.isSafeInteger(version)) return undefined;
  if (!Array.isArray(pairs) || pairs.length > PROVIDERS_PER_BOARD_MAX) return undefined;
  const providers: Provider[] = [];
  for (const pair of pairs as unknown[]) {
    if (!Array.isArray(pair)) return undefined;
    const [key, endpoint] = pair as unknown[];
    if (!isText(key) || !isText(endpoint)) return undefined;
    providers.push({ key, endpoint });
  }
  return { boardId, incarnation, version: version as number, providers };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= KEY_LENGTH_MAX;
}

function unpack(frame: Uint8Array): unknown {
  try {
    return packr.unpack(frame);
  } catch {
    return undefined;
  }
}
