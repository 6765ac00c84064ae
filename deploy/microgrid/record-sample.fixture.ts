import { readFileSync } from "node:fs";
import { bytesOf, hexOf, keccak256, meterId } from "../../actors/transax/hex.ts";
import { type Community, parseCommunity } from "../../actors/transax/rules/community.ts";
import type { Trade } from "../../actors/transax/rules/market-terms.ts";
import { encodeTrades } from "../../actors/transax/rules/solution-codec.ts";
import { packReadings } from "../../devices/drivers/meter/pack-readings.ts";
import { type DayTerms, DEFAULT_TARIFF, type RunFacts } from "./record.ts";
import type { DayFacts, MarketEvent, TransactionFact } from "./record-facts.ts";

/** Terms of made-up days. */
export const SAMPLE_TERMS: DayTerms = {
  options: { community: "community-102", externalLimitWh: 5_000 },
  startS: 1_800_057_600,
  intervalS: 900,
  firstInterval: 0,
  intervalCount: 96,
  tariff: DEFAULT_TARIFF,
  ledger: { fork: "prague", compiler: "solc 0.8.37, viaIR, 200 runs, evm london" },
};

/** A made-up run. */
export const SAMPLE_RUN: RunFacts = {
  mode: "simulation",
  seed: 7,
  wallMs: 412_345,
  logicalStartS: 1_800_054_000,
  logicalEndS: 1_800_147_600,
};

/** Events of a market written by hand, with the numbers that events repeat filled in. */
export class EventScript {
  readonly events: MarketEvent[] = [];
  #accounts = 0;
  #offers = 0;
  readonly #feeders = new Map<number, number>();

  feeder(feeder: number, externalLimitWh = 0, internalLimitWh = 0): this {
    return this.#push({
      name: "FeederSet",
      args: { feeder, externalLimitWh, internalLimitWh },
    });
  }

  /** Registers a meter only. */
  meter(prosumer: string, feeder: number, productionLimitWh = 0): this {
    const meter = meterId(prosumer);
    const args = { meter, feeder, productionLimitWh, consumptionLimitWh: 6_000 };
    return this.#push({ name: "MeterRegistered", args });
  }

  /** Registers a household; gives its account. */
  join(prosumer: string, feeder: number, productionLimitWh = 0): number {
    this.meter(prosumer, feeder, productionLimitWh);
    const account = (this.#accounts += 1);
    this.#feeders.set(account, feeder);
    const owner = hexOf(keccak256(bytesOf(meterId(prosumer))).subarray(0, 20));
    const args = { meter: meterId(prosumer), owner, account };
    this.#push({ name: "ProsumerRegistered", args });
    return account;
  }

  /** Posts an offer; gives its number. `netWh`: positive sells, negative buys. */
  offer(account: number, netWh: number, price: number, firstInterval: number): number {
    const offerId = (this.#offers += 1);
    const feeder = this.#feeders.get(account) ?? 0;
    const [kind, energyWh] = [netWh > 0 ? 0 : 1, Math.abs(netWh)];
    const args = { offerId, account, kind, feeder, energyWh, price, firstInterval, mask: 1n };
    this.#push({ name: "OfferPosted", args });
    return offerId;
  }

  finalize(interval: number, trades: readonly Omit<Trade, "interval">[]): this {
    const whole = trades.map((trade) => ({ ...trade, interval }));
    const tradedWh = whole.reduce((sum, { energyWh }) => sum + BigInt(energyWh), 0n);
    const paidUnits = whole.reduce(
      (sum, { energyWh, priceUnits }) => sum + BigInt(energyWh) * BigInt(priceUnits),
      0n,
    );
    const args = { interval, tradedWh, paidUnits, trades: hexOf(encodeTrades(whole)) };
    return this.#push({ name: "Finalized", args });
  }

  readings(account: number, firstInterval: number, netWh: readonly number[]): this {
    const args = { account, firstInterval, readings: packReadings(netWh) };
    return this.#push({ name: "ReadingSubmitted", args });
  }

  #push(event: MarketEvent): this {
    this.events.push(event);
    return this;
  }
}

/** The community of 102 on its day, matched greedily: like a real day, but quick to make. */
export function sampleFacts(): DayFacts {
  const community = sampleCommunity();
  const script = new EventScript();
  const limitWh = 5_000;
  const { members, netWh, intervalCount } = community;
  for (const feeder of new Set(members.map((member) => member.feeder)))
    script.feeder(feeder, limitWh, 8_000);
  const accounts = new Map(
    members.map(({ prosumer, feeder, role }) => [
      prosumer,
      script.join(String(prosumer), feeder, role === "producer" ? 20_000 : 0),
    ]),
  );
  for (let interval = 0; interval < intervalCount; interval += 1)
    tradeGreedily(script, community, { accounts, limitWh }, interval);
  for (const { prosumer } of members)
    script.readings(accounts.get(prosumer) ?? 0, 0, netWh.get(prosumer) ?? []);
  const transactions = sampleTransactions(members.length, intervalCount);
  return {
    market: `0x${"5a".repeat(20)}`,
    events: script.events,
    transactions,
    blockCount: 1_460,
  };
}

/** The community of the sample. */
export function sampleCommunity(): Community {
  const folder = new URL("../../../actors/transax/data/community-102/", import.meta.url);
  const netFileName = "net_15min_Wh.csv";
  return parseCommunity({
    members: readFileSync(new URL("members.csv", folder), "utf8"),
    netFileName,
    net: readFileSync(new URL(netFileName, folder), "utf8"),
  });
}

interface Terms {
  readonly accounts: ReadonlyMap<number, number>;
  readonly limitWh: number;
}

function tradeGreedily(
  script: EventScript,
  { members, netWh }: Community,
  { accounts, limitWh }: Terms,
  interval: number,
): void {
  const offers = members.flatMap(({ prosumer, feeder }) => {
    const net = netWh.get(prosumer)?.[interval] ?? 0;
    const price = net > 0 ? 85 + (prosumer % 7) * 12 : 295 - (prosumer % 9) * 9;
    if (net === 0) return [];
    const offerId = script.offer(accounts.get(prosumer) ?? 0, net, price, interval);
    return [{ offerId, feeder, price, sells: net > 0, leftWh: Math.abs(net) }];
  });
  const flow = new Map<number, number>();
  const trades: Omit<Trade, "interval">[] = [];
  for (const seller of offers.filter(({ sells }) => sells))
    for (const buyer of offers.filter(({ sells }) => !sells)) {
      const room = seller.feeder === buyer.feeder ? Infinity : limitWh;
      const energyWh = Math.min(
        seller.leftWh,
        buyer.leftWh,
        room - (flow.get(seller.feeder) ?? 0),
        room + (flow.get(buyer.feeder) ?? 0),
      );
      if (energyWh <= 0) continue;
      seller.leftWh -= energyWh;
      buyer.leftWh -= energyWh;
      flow.set(seller.feeder, (flow.get(seller.feeder) ?? 0) + energyWh);
      flow.set(buyer.feeder, (flow.get(buyer.feeder) ?? 0) - energyWh);
      const priceUnits = Math.floor((seller.price + buyer.price) / 2);
      trades.push({ sellerOffer: seller.offerId, buyerOffer: buyer.offerId, energyWh, priceUnits });
    }
  script.finalize(interval, trades);
}

function sampleTransactions(households: number, intervals: number): readonly TransactionFact[] {
  const many = (count: number, make: (index: number) => TransactionFact): TransactionFact[] =>
    Array.from({ length: count }, (_, index) => make(index));
  const call = (
    functionName: string,
    gasUsed: number,
    itemCount?: number,
    succeeded = true,
  ): TransactionFact => ({ functionName, gasUsed, succeeded, itemCount });
  return [
    call("(create)", 2_731_004),
    ...many(households, () => call("(transfer)", 21_000)),
    call("setFeeders", 312_400),
    ...many(3, () => call("registerSmartMeters", 1_212_330)),
    ...many(households, (index) => call("registerProsumer", 118_204 + (index % 3) * 12)),
    ...many(households, () => call("deposit", 47_312)),
    ...many(households * 24, (index) => call("postOffers", 121_000 + (index % 40) * 310, 4)),
    ...many(households * 24, (index) => call("submitReadings", 38_120 + (index % 9) * 90, 4)),
    ...many(intervals * 2, (index) =>
      call("postSolution", 900_000 + (index % 50) * 61_000, 60 + (index % 50) * 7, index % 11 > 0),
    ),
    ...many(intervals, (index) => call("finalize", 60_000 + (index % 50) * 14_000, index % 50)),
  ];
}
