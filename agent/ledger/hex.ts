import { bytesToHex, hexToBytes } from "@ethereumjs/util";
import type { Hex } from "../component/ledger-service.ts";

/** Bytes as 0x text in lower case. */
export function hexOf(bytes: Uint8Array): Hex {
  return bytesToHex(bytes);
}

/** Whether `value` is 0x text of whole bytes. */
export function isHex(value: unknown): value is Hex {
  return typeof value === "string" && /^0x(?:[0-9a-fA-F]{2})*$/.test(value);
}

/** The bytes of 0x text. @throws TypeError when it is none. */
export function bytesOf(text: unknown): Uint8Array {
  if (!isHex(text)) throw new TypeError("not 0x text of whole bytes");
  return hexToBytes(text);
}

/** A quantity of JSON-RPC: no leading zeros, "0x0" for zero. */
export function quantityOf(value: number | bigint): Hex {
  return `0x${value.toString(16)}`;
}

/** The number behind a quantity of JSON-RPC; undefined for anything else, or beyond 2^53 - 1. */
export function numberOf(quantity: unknown): number | undefined {
  if (typeof quantity !== "string" || !/^0x[0-9a-fA-F]{1,14}$/.test(quantity)) return undefined;
  const value = Number(quantity);
  return Number.isSafeInteger(value) ? value : undefined;
}
