import { bytesOf } from "../../actors/transax/hex.ts";
import { decodeTrades } from "../../actors/transax/rules/solution-codec.ts";
import type {
  DayRecord,
  DayTerms,
  FeederFlow,
  FeederRecord,
  IntervalRecord,
  ProsumerRecord,
  RunFacts,
  TotalsRecord,
  TradeRecord,
} from "./record.ts";
import type { DayFacts, MarketEvent } from "./record-facts.ts";
import { gasByFunction } from "./record-gas.ts";
import { type Household, NO_SUMS, residualOf, type Sums, sumsOf, sumUp } from "./record-sums.ts";

type EventOf<N extends MarketEvent["name"]> = Extract<MarketEvent, { readonly name: N }>["args"];

interface Limits {
  readonly externalLimitWh: number | null;
  readonly internalLimitWh: number | null;
}

interface OfferedSums {
  sellWh: number;
  buyWh: number;
}

const NO_LIMITS: Limits = { externalLimitWh: null, internalLimitWh: null };
const BYTES_PER_READING = 4;

/** Makes the record of a day out of what the chain told. Pure: the same facts give the same record. */
export function buildRecord(facts: DayFacts, terms: DayTerms, run: RunFacts): DayRecord {
  const day = new DayBook(terms);
  for (const event of facts.events) day.take(event);
  const { transactions, blockCount, market } = facts;
  const prosumers = day.prosumers();
  const chain = {
    gasUsed: transactions.reduce((sum, { gasUsed }) => sum + gasUsed, 0),
    transactionCount: transactions.length,
    refusedCount: transactions.filter(({ succeeded }) => !succeeded).length,
    blockCount,
  };
  return {
    version: 1,
    ...terms,
    run,
    market,
    totals: { ...day.totals(prosumers), ...chain },
    intervals: day.intervals(),
    feeders: day.feeders(),
    prosumers,
    trades: day.trades,
    gas: gasByFunction(transactions),
  };
}

/** What the events of a day add up to. */
class DayBook {
  readonly #terms: DayTerms;
  readonly #households = new Map<string, Household>();
  readonly #byAccount = new Map<number, Household>();
  readonly #sideOf = new Map<number, Household>();
  readonly #limits = new Map<number, Limits>();
  /** By interval, from the moment it became final: the limits of all feeders then. */
  readonly #limitsWhenFinal = new Map<number, ReadonlyMap<number, Limits>>();
  readonly #offered: OfferedSums[];
  readonly trades: TradeRecord[] = [];
  #offerCount = 0;
  #solutionCount = 0;

  constructor(terms: DayTerms) {
    this.#terms = terms;
    this.#offered = Array.from({ length: terms.intervalCount }, () => ({ sellWh: 0, buyWh: 0 }));
  }

  take(event: MarketEvent): void {
    switch (event.name) {
      case "FeederSet":
        this.#feederSet(event.args);
        return;
      case "MeterRegistered":
        this.#meterRegistered(event.args);
        return;
      case "ProsumerRegistered":
        this.#prosumerRegistered(event.args);
        return;
      case "OfferPosted":
        this.#offerPosted(event.args);
        return;
      case "SolutionPosted":
        this.#solutionCount += 1;
        return;
      case "Finalized":
        this.#finalized(event.args);
        return;
      case "ReadingSubmitted":
        this.#readingSubmitted(event.args);
        return;
      case "Deposited":
      case "Withdrawn":
      case "CandidateDropped":
      case "OfferReleased":
        // Money between an account and its owner, or between its two pockets: no trade.
        return;
    }
  }

  #feederSet({ feeder, externalLimitWh, internalLimitWh }: EventOf<"FeederSet">): void {
    this.#limits.set(feeder, {
      externalLimitWh: externalLimitWh === 0 ? null : externalLimitWh,
      internalLimitWh: internalLimitWh === 0 ? null : internalLimitWh,
    });
  }

  #meterRegistered({ meter, feeder, productionLimitWh }: EventOf<"MeterRegistered">): void {
    const role = productionLimitWh > 0 ? "producer" : "consumer";
    const prosumer = new TextDecoder().decode(bytesOf(meter)).replace(/\0+$/, "");
    const empty = (): number[] => new Array<number>(this.#terms.intervalCount).fill(0);
    const household: Household = {
      prosumer,
      feeder,
      role,
      account: null,
      netWh: new Array<number | undefined>(this.#terms.intervalCount).fill(undefined),
      soldWh: empty(),
      boughtWh: empty(),
      earnedUnits: 0n,
      spentUnits: 0n,
      offeredToSellWh: 0,
      offeredToBuyWh: 0,
    };
    this.#households.set(meter, household);
  }

  #prosumerRegistered({ meter, account }: EventOf<"ProsumerRegistered">): void {
    const household = known(this.#households.get(meter), "meter", meter);
    household.account = account;
    this.#byAccount.set(account, household);
  }

  #offerPosted(offer: EventOf<"OfferPosted">): void {
    const { offerId, account, kind, energyWh, firstInterval } = offer;
    const household = known(this.#byAccount.get(account), "account", account);
    this.#sideOf.set(offerId, household);
    const offered = this.#offered[firstInterval];
    if (offered === undefined || !this.#isAsked(firstInterval)) return;
    this.#offerCount += 1;
    if (kind === 0) {
      offered.sellWh += energyWh;
      household.offeredToSellWh += energyWh;
    } else {
      offered.buyWh += energyWh;
      household.offeredToBuyWh += energyWh;
    }
  }

  #finalized({ interval, trades }: EventOf<"Finalized">): void {
    if (!this.#isAsked(interval)) return;
    this.#limitsWhenFinal.set(interval, new Map(this.#limits));
    for (const trade of known(decodeTrades(interval, bytesOf(trades)), "trades", interval)) {
      const { sellerOffer, buyerOffer, energyWh, priceUnits: price } = trade;
      const seller = known(this.#sideOf.get(sellerOffer), "offer", sellerOffer);
      const buyer = known(this.#sideOf.get(buyerOffer), "offer", buyerOffer);
      const paid = BigInt(energyWh) * BigInt(price);
      seller.soldWh[interval] = (seller.soldWh[interval] ?? 0) + energyWh;
      seller.earnedUnits += paid;
      buyer.boughtWh[interval] = (buyer.boughtWh[interval] ?? 0) + energyWh;
      buyer.spentUnits += paid;
      const [from, to] = [seller.prosumer, buyer.prosumer];
      this.trades.push({ interval, seller: from, buyer: to, energyWh, price });
    }
  }

  #readingSubmitted({ account, firstInterval, readings }: EventOf<"ReadingSubmitted">): void {
    const { netWh } = known(this.#byAccount.get(account), "account", account);
    const bytes = bytesOf(readings);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; at += BYTES_PER_READING) {
      const interval = firstInterval + at / BYTES_PER_READING;
      if (this.#isAsked(interval)) netWh[interval] = view.getInt32(at);
    }
  }

  /** Whether an interval is part of the record. */
  #isAsked(interval: number): boolean {
    return interval >= this.#terms.firstInterval && interval < this.#terms.intervalCount;
  }

  prosumers(): readonly ProsumerRecord[] {
    return [...this.#households.values()].map((household) => ({
      prosumer: household.prosumer,
      account: household.account,
      feeder: household.feeder,
      role: household.role,
      missingReadings: household.netWh.filter((net, at) => net === undefined && this.#isAsked(at))
        .length,
      offeredToSellWh: household.offeredToSellWh,
      offeredToBuyWh: household.offeredToBuyWh,
      ...sumsOf(household, this.#terms.tariff),
    }));
  }

  feeders(): readonly FeederRecord[] {
    const numbers = new Set([
      ...this.#limits.keys(),
      ...[...this.#households.values()].map(({ feeder }) => feeder),
    ]);
    return [...numbers]
      .sort((a, b) => a - b)
      .map((feeder) => {
        const members = [...this.#households.values()].filter((each) => each.feeder === feeder);
        const sums = members.map((each) => sumsOf(each, this.#terms.tariff)).reduce(sumUp, NO_SUMS);
        const flows = this.#offered.map((_, interval) => this.#flow(members, feeder, interval));
        const asked = flows.slice(this.#terms.firstInterval);
        return { feeder, prosumerCount: members.length, ...sums, flows: asked };
      });
  }

  #flow(members: readonly Household[], feeder: number, interval: number): FeederFlow {
    const soldWh = sum(members, ({ soldWh: sold }) => sold[interval] ?? 0);
    const boughtWh = sum(members, ({ boughtWh: bought }) => bought[interval] ?? 0);
    const limits = (this.#limitsWhenFinal.get(interval) ?? this.#limits).get(feeder) ?? NO_LIMITS;
    return { soldWh, boughtWh, netWh: soldWh - boughtWh, ...limits };
  }

  intervals(): readonly IntervalRecord[] {
    const tradesOf = new Map<number, TradeRecord[]>();
    for (const trade of this.trades) {
      const list = tradesOf.get(trade.interval);
      if (list === undefined) tradesOf.set(trade.interval, [trade]);
      else list.push(trade);
    }
    const all = this.#offered.map(({ sellWh, buyWh }, interval) => {
      const metered = { producedWh: 0, consumedWh: 0, fromGridWh: 0, toGridWh: 0 };
      let missingReadings = 0;
      for (const household of this.#households.values()) {
        const residual = residualOf(household, interval);
        if (residual === undefined) {
          missingReadings += 1;
          continue;
        }
        metered.producedWh += residual.producedWh;
        metered.consumedWh += residual.consumedWh;
        metered.fromGridWh += residual.fromGridWh;
        metered.toGridWh += residual.toGridWh;
      }
      return {
        interval,
        isFinal: this.#limitsWhenFinal.has(interval),
        ...metered,
        missingReadings,
        offeredToSellWh: sellWh,
        offeredToBuyWh: buyWh,
        ...pricesOf(tradesOf.get(interval) ?? []),
      };
    });
    return all.slice(this.#terms.firstInterval);
  }

  /** All but what only transactions and blocks tell. */
  totals(
    prosumers: readonly ProsumerRecord[],
  ): Omit<TotalsRecord, "gasUsed" | "transactionCount" | "refusedCount" | "blockCount"> {
    const sums = prosumers.reduce<Sums>(sumUp, NO_SUMS);
    return {
      ...sums,
      offeredToSellWh: sum(prosumers, ({ offeredToSellWh }) => offeredToSellWh),
      offeredToBuyWh: sum(prosumers, ({ offeredToBuyWh }) => offeredToBuyWh),
      tradedWh: sum(this.trades, ({ energyWh }) => energyWh),
      paidUnits: paidFor(this.trades),
      tradeCount: this.trades.length,
      offerCount: this.#offerCount,
      solutionCount: this.#solutionCount,
      finalIntervals: this.#limitsWhenFinal.size,
      missingReadings: sum(prosumers, ({ missingReadings }) => missingReadings),
    };
  }
}

type Prices = Pick<
  IntervalRecord,
  "tradedWh" | "paidUnits" | "priceMean" | "priceMin" | "priceMax"
>;

function pricesOf(trades: readonly TradeRecord[]): Prices {
  const tradedWh = sum(trades, ({ energyWh }) => energyWh);
  const paidUnits = paidFor(trades);
  if (tradedWh === 0)
    return { tradedWh, paidUnits, priceMean: null, priceMin: null, priceMax: null };
  const prices = trades.map(({ price }) => price);
  return {
    tradedWh,
    paidUnits,
    priceMean: Number(paidUnits) / tradedWh,
    priceMin: Math.min(...prices),
    priceMax: Math.max(...prices),
  };
}

function paidFor(trades: readonly TradeRecord[]): bigint {
  return trades.reduce((paid, { energyWh, price }) => paid + BigInt(energyWh) * BigInt(price), 0n);
}

function sum<T>(items: readonly T[], numberOf: (item: T) => number): number {
  return items.reduce((total, item) => total + numberOf(item), 0);
}

/** The chain tells a thing before it uses it: what is not known was lost by us. */
function known<T>(value: T | undefined, kind: string, name: string | number): T {
  if (value === undefined) throw new TypeError(`the events never told of ${kind} ${String(name)}`);
  return value;
}
