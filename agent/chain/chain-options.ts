import { isHexString } from "@ethereumjs/util";
import { AgentError } from "../core/errors.ts";

/** When blocks are made. A chain with nothing to do writes nothing: there are no empty blocks. */
export type Mining =
  /** As soon as transactions arrive, after gathering more for `gatherMs` (0 to 60,000). */
  | { readonly kind: "demand"; readonly gatherMs: number }
  /** At most one block in each `intervalMs` (1 to 3,600,000). */
  | { readonly kind: "interval"; readonly intervalMs: number };

/** How one embedded chain is set up; must be the same at each start, except port, mining and limits. */
export interface ChainOptions {
  /** EIP-155 chain id, 1 to 2^48. */
  readonly chainId: number;
  /** Port of loopback for JSON-RPC; 0: a free one. */
  readonly port: number;
  /** Name of the database in the board's store. */
  readonly database: string;
  /** Balances of the first block: 0x address to decimal wei. */
  readonly genesis: Readonly<Record<string, string>>;
  readonly mining: Mining;
  /** 1 to 10,000. */
  readonly transactionsPerBlockMax: number;
}

/** Most accounts of a genesis block. */
export const GENESIS_ACCOUNTS_MAX = 100_000;

const WEI_MAX = 2n ** 128n;

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isGenesis(value: unknown): value is ChainOptions["genesis"] {
  if (!isRecord(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= GENESIS_ACCOUNTS_MAX &&
    new Set(entries.map(([address]) => address.toLowerCase())).size === entries.length &&
    entries.every(
      ([address, wei]) =>
        isHexString(address, 20) &&
        typeof wei === "string" &&
        /^\d{1,39}$/.test(wei) &&
        BigInt(wei) < WEI_MAX,
    )
  );
}

function isMining(value: unknown): value is Mining {
  if (!isRecord(value)) return false;
  if (value["kind"] === "demand") return isWhole(value["gatherMs"], 0, 60_000);
  return value["kind"] === "interval" && isWhole(value["intervalMs"], 1, 3_600_000);
}

const RULES: Readonly<Record<keyof ChainOptions, (value: unknown) => boolean>> = {
  chainId: (value) => isWhole(value, 1, 2 ** 48),
  port: (value) => isWhole(value, 0, 65_535),
  database: (value) => typeof value === "string" && /^[A-Za-z0-9-]{1,100}$/.test(value),
  genesis: isGenesis,
  mining: isMining,
  transactionsPerBlockMax: (value) => isWhole(value, 1, 10_000),
};

/**
 * Options as they came from a parent process.
 * @throws AgentError CHAIN_OPTIONS_INVALID naming the first field that is wrong.
 */
export function checkChainOptions(options: unknown): ChainOptions {
  const record = isRecord(options) ? options : {};
  for (const [field, isValid] of Object.entries(RULES)) {
    if (!isValid(record[field])) throw new AgentError("CHAIN_OPTIONS_INVALID", { field });
  }
  return options as ChainOptions;
}
