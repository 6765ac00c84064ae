import type { AccessList } from "@ethereumjs/tx";
import { hexToBytes } from "@ethereumjs/util";
import type { Json } from "../core/rpc.ts";
import type { CallRequest } from "./chain.ts";
import type { Hex } from "./chain-keys.ts";
import { badParameter, RPC_CODE, RpcError } from "./rpc-error.ts";

/** Most addresses or alternatives of one topic in a filter. */
export const FILTER_CHOICES_MAX = 1_000;
const ACCESS_LIST_ENTRIES_MAX = 1_000;
const TOPICS_MAX = 4;

/** A record of JSON. */
export type JsonRecord = Readonly<Record<string, Json>>;

/** Whether `value` is a JSON object. */
export function isJsonRecord(value: Json | undefined): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** A whole number as 0x and hexadecimal digits, at most 32 bytes. Source: EIP-1474, quantity. */
export function readQuantity(value: Json | undefined, name: string): bigint {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(value))
    throw badParameter(name, "a quantity such as 0x1f");
  return BigInt(value);
}

/** Bytes as 0x and pairs of digits, exactly `byteCount` of them when given. */
export function readHex(value: Json | undefined, name: string, byteCount?: number): Hex {
  const expected = byteCount === undefined ? "0x and bytes" : `0x and ${byteCount} bytes`;
  if (typeof value !== "string" || !/^0x([0-9a-fA-F]{2})*$/.test(value))
    throw badParameter(name, expected);
  if (byteCount !== undefined && value.length !== 2 + 2 * byteCount)
    throw badParameter(name, expected);
  return value.toLowerCase() as Hex;
}

/** An address, in lower case. */
export function readAddress(value: Json | undefined, name: string): Hex {
  return readHex(value, name, 20);
}

/** true or false; what is left out is false. */
export function readFlag(value: Json | undefined, name: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw badParameter(name, "true or false");
  return value;
}

const NEWEST_TAGS = new Set(["latest", "safe", "finalized", "pending"]);

/** A block's number, by number or tag. Every block is final once it is made. */
export function readBlockTag(value: Json | undefined, name: string, newest: number): number {
  if (value === undefined || value === null) return newest;
  if (typeof value === "string" && NEWEST_TAGS.has(value)) return newest;
  if (value === "earliest") return 0;
  if (typeof value !== "string" || !value.startsWith("0x"))
    throw badParameter(name, "a block number or latest, safe, finalized, pending, earliest");
  const number = readQuantity(value, name);
  return number > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(number);
}

function isGiven(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null;
}

function readAccessList(value: Json, name: string): AccessList {
  if (!isList(value) || value.length > ACCESS_LIST_ENTRIES_MAX)
    throw badParameter(name, `a list of at most ${ACCESS_LIST_ENTRIES_MAX} entries`);
  return value.map((item, i) => {
    const at = `${name}[${i}]`;
    if (!isJsonRecord(item) || !isList(item["storageKeys"]))
      throw badParameter(at, "an address with storageKeys");
    const storageKeys = item["storageKeys"].map((key) => readHex(key, `${at}.storageKeys`, 32));
    return { address: readAddress(item["address"], `${at}.address`), storageKeys };
  });
}

/** The transaction of eth_call and eth_estimateGas. Fees are ignored: gas is free for a question. */
export function readCall(value: Json | undefined): CallRequest {
  if (!isJsonRecord(value)) throw badParameter("transaction", "an object");
  const { from, to, gas, value: wei, accessList } = value;
  const data = isGiven(value["input"]) ? value["input"] : value["data"];
  return {
    ...(isGiven(from) ? { from: readAddress(from, "from") } : {}),
    ...(isGiven(to) ? { to: readAddress(to, "to") } : {}),
    ...(isGiven(gas) ? { gas: readQuantity(gas, "gas") } : {}),
    ...(isGiven(wei) ? { valueWei: readQuantity(wei, "value") } : {}),
    ...(isGiven(data) ? { data: hexToBytes(readHex(data, "data")) } : {}),
    ...(isGiven(accessList) ? { accessList: readAccessList(accessList, "accessList") } : {}),
  };
}

/** What eth_getLogs and eth_newFilter select beside blocks. */
export interface LogSelection {
  readonly addresses: readonly Uint8Array[];
  readonly topics: readonly (readonly Uint8Array[])[];
}

function readChoices(value: Json | undefined, name: string, byteCount: number): Uint8Array[] {
  if (!isGiven(value)) return [];
  const choices = isList(value) ? value : [value];
  if (choices.length > FILTER_CHOICES_MAX)
    throw badParameter(name, `at most ${FILTER_CHOICES_MAX} choices`);
  return choices.map((choice) => hexToBytes(readHex(choice, name, byteCount)));
}

/** Addresses and topics of a filter object. */
export function readSelection(filter: JsonRecord): LogSelection {
  const { address, topics } = filter;
  const positions = isGiven(topics) ? topics : [];
  if (!isList(positions) || positions.length > TOPICS_MAX)
    throw badParameter("topics", `a list of at most ${TOPICS_MAX}`);
  return {
    addresses: readChoices(address, "address", 20),
    topics: positions.map((choices, i) => readChoices(choices, `topics[${i}]`, 32)),
  };
}

/** Refuses a parameter that other nodes know and this one does not. */
export function refuseGiven(value: Json | undefined, name: string): void {
  if (isGiven(value) && !(isJsonRecord(value) && Object.keys(value).length === 0))
    throw new RpcError(RPC_CODE.invalidParams, `parameter ${name}: not supported by this chain`);
}
