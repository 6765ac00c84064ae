import { createBlockHeader } from "@ethereumjs/block";
import type { Common } from "@ethereumjs/common";
import { equalsBytes } from "@ethereumjs/util";
import type { Clock } from "../core/clock.ts";
import { AgentError } from "../core/errors.ts";
import type { Database } from "../core/store.ts";
import { EMPTY_ACCOUNT } from "./account-record.ts";
import type { ChainArchive } from "./chain-archive.ts";
import { type Hex, TABLE } from "./chain-keys.ts";
import type { ChainOptions } from "./chain-options.ts";
import type { BlockRecord } from "./chain-records.ts";
import { changesOf, type CommittedState, type StateDelta } from "./committed-state.ts";
import type { ChainCrypto } from "./crypto.ts";
import { BLOCK_GAS_MAX, CHAIN_FORK } from "./fixed-common.ts";
import { sealBlock } from "./seal-block.ts";
import { nextStateRoot, STATE_ROOT_ZERO } from "./state-commitment.ts";

/** Version of the tables and their encodings; a database of another version is refused. */
const SCHEMA_VERSION = 1;

const META_KEY = new TextEncoder().encode("chain");

/** What a chain is opened with. */
export interface GenesisParts {
  readonly options: ChainOptions;
  readonly parts: { readonly clock: Clock };
  readonly common: Common;
  readonly crypto: ChainCrypto;
  readonly database: Database;
  readonly committed: CommittedState;
  readonly archive: ChainArchive;
}

function genesisDelta(genesis: ChainOptions["genesis"]): StateDelta {
  const accounts = Object.entries(genesis)
    .filter(([, wei]) => BigInt(wei) > 0n)
    .map(([address, wei]) => {
      const account = { ...EMPTY_ACCOUNT, balanceWei: BigInt(wei) };
      return [address.toLowerCase() as Hex, account] as const;
    });
  return { accounts, slots: [], codes: [] };
}

/**
 * The newest block of the chain in the database, after writing block 0 into an empty one.
 * @throws AgentError CHAIN_DATABASE_FOREIGN when it holds another chain.
 */
export function openGenesis(inside: GenesisParts): BlockRecord {
  const { options, parts, common, crypto, database, committed, archive } = inside;
  const { chainId } = options;
  const delta = genesisDelta(options.genesis);
  const stateRoot = nextStateRoot(crypto.keccak256, STATE_ROOT_ZERO, changesOf(delta));
  const meta = JSON.stringify({ schema: SCHEMA_VERSION, chainId, fork: CHAIN_FORK });
  const newest = archive.newest();
  if (newest !== undefined) {
    const found = new TextDecoder().decode(database.get(TABLE.meta, META_KEY));
    const first = archive.block(0);
    if (found !== meta) throw new AgentError("CHAIN_DATABASE_FOREIGN", { found, wanted: meta });
    if (first === undefined || !equalsBytes(first.stateRoot, stateRoot))
      throw new AgentError("CHAIN_DATABASE_FOREIGN", { found: "another genesis", wanted: meta });
    return newest;
  }
  const timestamp = BigInt(Math.floor(parts.clock.utcUs() / 1_000_000));
  const environment = createBlockHeader(
    { number: 0n, timestamp, gasLimit: BLOCK_GAS_MAX, baseFeePerGas: 0n },
    { common },
  );
  const sealed = { transactions: [], logs: [] };
  const block = sealBlock(inside, environment, stateRoot, sealed);
  database.transact((writer) => {
    writer.put(TABLE.meta, META_KEY, new TextEncoder().encode(meta));
    committed.write(writer, delta);
    archive.write(writer, { block, ...sealed });
  });
  return block;
}
