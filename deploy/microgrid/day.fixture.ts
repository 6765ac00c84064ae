import { readCommunity } from "../../actors/transax/community-file.ts";
import { FileAssets } from "../../agent/io/file-assets.ts";
import type { DayOptions } from "./day-options.ts";
import { COMMUNITY, participants } from "./deployment-text.ts";
import type { MarketEvent } from "./record-facts.ts";
import type { RunEvents } from "./run-events.ts";

/** The application's files, as the tests find them from dist/. */
export const ASSETS_FOLDER = new URL("../../../actors/transax/", import.meta.url).pathname;
export const assets = new FileAssets(ASSETS_FOLDER);

/** The whole day of all households, without limits or errors. */
export const WHOLE_DAY: DayOptions = {
  firstInterval: 0,
  lastInterval: 95,
  prosumerCount: 102,
  externalLimitWh: 0,
  internalLimitWh: 0,
  seed: 1,
  forecastErrorPercent: 0,
  batteryWh: 0,
  batteryW: 0,
  speed: undefined,
  kills: [],
};

/** Nobody watches. */
export const UNSEEN: RunEvents = {
  stage: () => undefined,
  actorsActive: () => undefined,
  progressed: () => undefined,
  advanced: () => undefined,
};

/** What can be traded at most without limits: in each interval the smaller of production and consumption. */
export async function unlimitedOptimumWh(day: DayOptions): Promise<number> {
  const { members, netWh } = await readCommunity(assets, COMMUNITY);
  const taking = participants(members, day.prosumerCount);
  let sum = 0;
  for (let interval = day.firstInterval; interval <= day.lastInterval; interval += 1) {
    const nets = taking.map(({ prosumer }) => netWh.get(prosumer)?.[interval] ?? 0);
    const produced = nets.filter((net) => net > 0).reduce((a, b) => a + b, 0);
    const consumed = -nets.filter((net) => net < 0).reduce((a, b) => a + b, 0);
    sum += Math.min(produced, consumed);
  }
  return sum;
}

/** Energy in the final trades of the intervals that the day asks for. */
export function tradedWh(events: readonly MarketEvent[], day: DayOptions): number {
  let sum = 0;
  for (const event of events)
    if (
      event.name === "Finalized" &&
      event.args.interval >= day.firstInterval &&
      event.args.interval <= day.lastInterval
    )
      sum += Number(event.args.tradedWh);
  return sum;
}
