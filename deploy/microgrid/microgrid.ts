import { readCommunity } from "../../actors/transax/community-file.ts";
import type { ChainOptions } from "../../agent/chain/chain-options.ts";
import type { Hex } from "../../agent/component/ledger-service.ts";
import type { Assets } from "../../agent/core/assets.ts";
import type { NodeOptions } from "../../agent/node/node-options.ts";
import type { WatchOptions } from "../../agent/node/watch-rule.ts";
import type { DayOptions } from "./day-options.ts";
import { boardOf, COMMUNITY, deploymentText } from "./deployment-text.ts";

/** Number of the embedded chain; private networks choose freely (EIP-155). */
export const CHAIN_ID = 102_011;

const MODEL = "transax.riaps";
/** What the operator has at the beginning, of the chain's coins. */
const TREASURY_WEI = 10n ** 24n;
/** Transactions that arrive within this time share a block, and so one write to the disk. */
const GATHER_MS = 10;

/** What a launch of the microgrid adds to what a person chose. */
export interface LaunchOptions {
  readonly url: string;
  readonly cluster: string;
  readonly beaconUdpPort: number;
  readonly pace: number;
  /** How often an agent asks for the ledger's head, in case a notification was lost. */
  readonly ledgerPollMs: number;
  /** When silent actors are asked whether they still turn; default as every agent. */
  readonly watch?: WatchOptions;
  /** The operator's key: its account is funded in the chain's first block. */
  readonly treasuryKey: Hex;
}

/** The ledger of the microgrid. */
export function chainOptions(treasury: Hex, port: number): ChainOptions {
  return {
    chainId: CHAIN_ID,
    port,
    database: "chain",
    genesis: { [treasury]: String(TREASURY_WEI) },
    mining: { kind: "demand", gatherMs: GATHER_MS },
    transactionsPerBlockMax: 1_000,
  };
}

/** The agents of the microgrid's boards, one a feeder. */
export async function nodeOptions(
  assets: Assets,
  day: DayOptions,
  launch: LaunchOptions,
): Promise<readonly NodeOptions[]> {
  const { members } = await readCommunity(assets, COMMUNITY);
  const feeders = [...new Set(members.map(({ feeder }) => feeder))];
  const {
    url,
    cluster,
    beaconUdpPort,
    pace,
    ledgerPollMs: pollMs,
    treasuryKey,
    watch = {},
  } = launch;
  const application = {
    modelName: MODEL,
    modelText: await assets.text(MODEL),
    deploymentName: "microgrid.depl",
    deploymentText: deploymentText(members, day),
  };
  return feeders.map((feeder) => ({
    ...{ board: boardOf(feeder), cluster, beaconUdpPort, pace, application, watch },
    ledger: { url, chainId: CHAIN_ID, pollMs, keys: { dso: treasuryKey } },
  }));
}
