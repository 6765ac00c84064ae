import type { Hex } from "../component/ledger-service.ts";
import { AgentError } from "../core/errors.ts";

/** How the ledger manager reaches its chain, and how much it keeps. */
export interface LedgerOptions {
  /** Address of the chain's JSON-RPC, such as ws://127.0.0.1:8545. */
  readonly url: string;
  /** Number of the chain (EIP-155); a chain that names another one is not used. */
  readonly chainId: number;
  /** Name of the database in the board's store. */
  readonly database: string;
  /** Private keys that were given by the operator, by account name; other accounts make their own. */
  readonly keys?: Readonly<Record<string, Hex>>;
  /** Most that is paid for one unit of gas, in wei; default 1 gwei. */
  readonly feeCapWei?: bigint;
  /** The part of it offered to whoever makes the block, in wei; default 0, a public chain wants at least 1. */
  readonly tipWei?: bigint;
  /** What is added to the estimated gas, in percent of it; 0 to 400, default 50. */
  readonly gasMarginPercent?: number;
  /** The margin alone never leads beyond this; default 16,777,216 (EIP-7825). */
  readonly gasLimitMax?: number;
  /** After how long without a receipt a transaction is sent again; 100 or more, default 10,000. */
  readonly resendMs?: number;
  /** How often to ask for the head in case a notification was lost; 100 or more, default 2,000. */
  readonly pollMs?: number;
  /** How long an answer may take before the connection counts as lost; default 10,000. */
  readonly answerMsMax?: number;
  /** First pause before connecting again; doubles up to `reconnectMsMax`; default 200. */
  readonly reconnectMs?: number;
  /** Longest pause before connecting again; default 5,000. */
  readonly reconnectMsMax?: number;
  /** Blocks that must follow before a block counts as final; default 0 (chains with instant finality). */
  readonly confirmationBlocks?: number;
  /** Most transactions of one account that wait for their block; default 1,000. */
  readonly waitingMax?: number;
  /** Outcomes kept per account and kind of request, newest first; default 1,000. */
  readonly outcomesMax?: number;
  /** Most blocks asked for in one eth_getLogs; default 2,000. */
  readonly pageBlocksMax?: number;
  /** Most events of one contract kept in memory for readers that lag; default 10,000. */
  readonly logsKeptMax?: number;
  /**
   * When a reader's place becomes durable: after each event (a crash repeats one event at most), or
   * after the last of each block (cheaper; a crash repeats the events of one block at most). Default "event".
   */
  readonly cursorPer?: "event" | "block";
}

/** All options with their defaults filled in. */
export type LedgerSettings = Required<LedgerOptions>;

const DEFAULTS = {
  keys: {},
  feeCapWei: 1_000_000_000n,
  tipWei: 0n,
  gasMarginPercent: 50,
  gasLimitMax: 16_777_216,
  resendMs: 10_000,
  pollMs: 2_000,
  answerMsMax: 10_000,
  reconnectMs: 200,
  reconnectMsMax: 5_000,
  confirmationBlocks: 0,
  waitingMax: 1_000,
  outcomesMax: 1_000,
  pageBlocksMax: 2_000,
  logsKeptMax: 10_000,
  cursorPer: "event",
} as const satisfies Partial<LedgerOptions>;

const RANGES: Readonly<Partial<Record<keyof LedgerOptions, readonly [number, number]>>> = {
  chainId: [1, Number.MAX_SAFE_INTEGER],
  gasMarginPercent: [0, 400],
  gasLimitMax: [21_000, Number.MAX_SAFE_INTEGER],
  resendMs: [100, 86_400_000],
  pollMs: [100, 86_400_000],
  answerMsMax: [100, 86_400_000],
  reconnectMs: [1, 86_400_000],
  reconnectMsMax: [1, 86_400_000],
  confirmationBlocks: [0, 10_000],
  waitingMax: [1, 1_000_000],
  outcomesMax: [1, 1_000_000],
  pageBlocksMax: [1, 1_000_000],
  logsKeptMax: [1, 1_000_000],
};

/**
 * Fills in defaults and checks every option once.
 * @throws AgentError LEDGER_OPTION_INVALID naming the first option out of its range.
 */
export function checkOptions(options: LedgerOptions): LedgerSettings {
  const settings: LedgerSettings = { ...DEFAULTS, ...options };
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = settings[name as keyof LedgerOptions];
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
      throw new AgentError("LEDGER_OPTION_INVALID", { option: name, least, most });
  }
  if (settings.feeCapWei < 1n)
    throw new AgentError("LEDGER_OPTION_INVALID", { option: "feeCapWei", least: 1 });
  if (settings.tipWei < 0n || settings.tipWei > settings.feeCapWei)
    throw new AgentError("LEDGER_OPTION_INVALID", { option: "tipWei", least: 0 });
  return settings;
}
