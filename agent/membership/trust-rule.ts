import { hexOf } from "../core/hex.ts";

/** Whom this board believes to be who it says. */
export type Trust =
  /** The first key seen for a name is kept in `keyOf` (name to key in hex), which outlives a restart where its owner stores it. */
  | { readonly kind: "open"; readonly keyOf: Map<string, string> }
  /** Names with their keys in hex, and nobody else. */
  | { readonly kind: "closed"; readonly keyOf: ReadonlyMap<string, string> };

/** Most names whose keys an open trust keeps. */
export const KEYS_MAX = 8_192;

/**
 * Judges a name with its key. stranger: not on the closed list, or no room for one more name. imposter:
 * the name belongs to another key. Pure; see `keep`.
 */
export function judge(
  trust: Trust,
  boardId: string,
  publicKey: Uint8Array,
): "trusted" | "imposter" | "stranger" {
  const known = trust.keyOf.get(boardId);
  if (known !== undefined) return known === hexOf(publicKey) ? "trusted" : "imposter";
  return trust.kind === "open" && trust.keyOf.size < KEYS_MAX ? "trusted" : "stranger";
}

/** Keeps the key of a trusted board that has proved to own it. */
export function keep(trust: Trust, boardId: string, publicKey: Uint8Array): void {
  if (trust.kind === "open" && !trust.keyOf.has(boardId))
    trust.keyOf.set(boardId, hexOf(publicKey));
}
