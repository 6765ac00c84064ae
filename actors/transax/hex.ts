import { keccak_256 } from "@noble/hashes/sha3.js";
import type { Hex } from "../../agent/component/ledger-service.ts";

/** Bytes as 0x text. */
export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

/** 0x text as bytes; `text` is well formed: it comes from the ledger or from a checked message. */
export function bytesOf(text: Hex): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), "hex"));
}

/** The hash of the chain. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes);
}

/** A meter's name as the contract knows it: its UTF-8, 32 bytes, zeros behind. */
export function meterId(meter: string): Hex {
  return `0x${Buffer.from(meter).toString("hex").padEnd(64, "0")}`;
}
