import { bytesToHex, setLengthLeft } from "@ethereumjs/util";
import type { Json } from "../core/rpc.ts";
import type { Hex } from "./chain-keys.ts";
import { readQuantity } from "./rpc-parameters.ts";

/** A storage slot's key, given as a quantity or as 32 bytes. */
export function readSlot(value: Json | undefined): Hex {
  return `0x${readQuantity(value, "slot").toString(16).padStart(64, "0")}`;
}

/** 32 bytes with `value` at their end. */
export function padWord(value: Uint8Array): Hex {
  return bytesToHex(setLengthLeft(value, 32));
}

