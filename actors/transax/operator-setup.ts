import type { ContractPort } from "../../agent/component/contract.ts";
import type { marketAbi } from "./contracts/generated/market-artefact.ts";
import { meterId } from "./hex.ts";
import type { MarketTime } from "./market-time.ts";
import type { Member } from "./rules/community.ts";

/** What a deployment says of the system operator. */
export interface OperatorOptions extends MarketTime {
  /** How many intervals ahead a solution may reach (Th). */
  readonly horizonIntervals: number;
  /** Limits of every feeder in Wh per interval; 0: none. */
  readonly externalLimitWh: number;
  readonly internalLimitWh: number;
  /** The operator's customers: folder of a community among the application's files. */
  readonly community: string;
}

type Market = ContractPort<typeof marketAbi>;

/** What one household's main fuse (three phases of 35 A) lets through in a quarter of an hour, Wh. */
const CONSUMPTION_LIMIT_WH = 6_000;
const METERS_PER_CALL_MAX = 50;

/** Most that a plant can deliver in an interval, Wh: its rated power all the time. */
function productionLimitWh(kWp: number, intervalS: number): number {
  return Math.ceil((kWp * 1_000 * intervalS) / 3_600);
}

/** Gives every feeder of the members its limits. */
export async function setLimits(
  market: Market,
  members: readonly Member[],
  { externalLimitWh, internalLimitWh }: OperatorOptions,
): Promise<void> {
  const feeders = [...new Set(members.map(({ feeder }) => feeder))].sort((a, b) => a - b);
  const list = feeders.map((feeder) => ({ feeder, externalLimitWh, internalLimitWh }));
  await market.submit("setFeeders", [list], { key: "feeders" });
}

/** Registers the meters of all members, many in one transaction. */
export async function registerMeters(
  market: Market,
  members: readonly Member[],
  { intervalS }: OperatorOptions,
): Promise<void> {
  const meters = members.map(({ prosumer, feeder, kWp }) => ({
    meter: meterId(String(prosumer)),
    feeder,
    productionLimitWh: productionLimitWh(kWp, intervalS),
    consumptionLimitWh: CONSUMPTION_LIMIT_WH,
  }));
  for (let from = 0; from < meters.length; from += METERS_PER_CALL_MAX) {
    const list = meters.slice(from, from + METERS_PER_CALL_MAX);
    await market.submit("registerSmartMeters", [list], { key: `meters ${from}` });
  }
}
