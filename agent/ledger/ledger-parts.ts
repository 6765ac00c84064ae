import type { Database } from "../core/store.ts";
import type { World } from "../core/world.ts";
import type { AbiCodec } from "./abi-codec.ts";
import type { AccountBook } from "./account-book.ts";
import type { Connection } from "./connection.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { LedgerSettings } from "./ledger-options.ts";
import type { TransactionSigner } from "./transaction-signer.ts";

/** What the parts of one ledger manager share. */
export interface LedgerParts {
  readonly world: World;
  readonly settings: LedgerSettings;
  readonly database: Database;
  readonly commits: GroupCommit;
  readonly accounts: AccountBook;
  readonly signer: TransactionSigner;
  readonly codec: AbiCodec;
  readonly connection: Connection;
  /** Aborts when the manager closes. */
  readonly signal: AbortSignal;
  /** Runs work that nobody awaits; its failure ends the manager. */
  readonly background: (work: Promise<void>) => void;
}
