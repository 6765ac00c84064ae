import { maskOf, type NewOffer } from "./market-terms.ts";

/** A battery as the planner knows it. */
export interface Battery {
  /** Energy that it can hold, whole Wh. */
  readonly capacityWh: number;
  /** Most that it takes in or gives out in one interval, whole Wh. */
  readonly powerWhPerInterval: number;
  /** Energy in it at the begin of the window that may be sold, whole Wh, at most capacityWh. */
  readonly chargeWh: number;
}

/** What a household plans for: a window of intervals, each planned once. */
export interface WindowPlan {
  /** The first interval of the window. */
  readonly firstInterval: number;
  /** Expected net production per interval, whole Wh; negative: consumption. */
  readonly forecastWh: readonly number[];
  /** Undefined: no battery. */
  readonly battery?: Battery | undefined;
  /** Least that it sells for, and most that it buys for, units per Wh. */
  readonly askUnits: number;
  readonly bidUnits: number;
}

/** Energy per interval that a battery of `powerW` moves, rounded down. */
export function powerWhPerInterval(powerW: number, intervalS: number): number {
  return Math.floor((powerW * intervalS) / 3_600);
}

/** How far a mask reaches. */
const MASK_INTERVALS = 64;

/**
 * Turns a forecast into offers.
 *
 * A deficit is bought in its own interval. A surplus is sold in its own interval; as much of it as the
 * battery can surely keep is offered as a block that may be delivered there or in some later intervals
 * without surplus, earliest first. What is in the battery at the begin is offered in such intervals alone.
 *
 * Invariants, whatever the market makes of the offers:
 * - offers that come from one interval's surplus add up to that surplus: no Wh is offered twice;
 * - blocks that may be in the battery at one time add up to at most its capacity, and blocks that may be
 *   delivered in one interval to at most its power. So a block that was not sold can leave in its last one.
 */
export function planOffers(plan: WindowPlan): readonly NewOffer[] {
  const { firstInterval, forecastWh, battery, askUnits, bidUnits } = plan;
  const offers: NewOffer[] = [];
  const sell = (energyWh: number, intervals: readonly number[]): void => {
    const [first = 0] = intervals;
    const at = { firstInterval: first, intervalMask: maskOf(first, intervals) };
    if (energyWh > 0) offers.push({ kind: "sell", energyWh, priceUnits: askUnits, ...at });
  };
  const store = battery === undefined ? undefined : new BlockStore(plan, battery);
  for (const block of store?.chargeBlocks() ?? []) sell(block.energyWh, block.deliveries);
  forecastWh.forEach((netWh, place) => {
    const interval = firstInterval + place;
    if (netWh < 0) {
      const at = { firstInterval: interval, intervalMask: 1n };
      offers.push({ kind: "buy", energyWh: -netWh, priceUnits: bidUnits, ...at });
    }
    if (netWh <= 0) return;
    const block = store?.keep(interval, netWh);
    if (block !== undefined) sell(block.energyWh, [interval, ...block.deliveries]);
    sell(netWh - (block?.energyWh ?? 0), [interval]);
  });
  return offers;
}

interface Block {
  readonly energyWh: number;
  /** Later intervals in which it may be delivered, ascending, at least one. */
  readonly deliveries: readonly number[];
}

/** What of a battery's capacity and power is promised, by interval. */
class BlockStore {
  readonly #battery: Battery;
  /** Intervals of the window that have no surplus of their own. */
  readonly #calm: readonly number[];
  readonly #heldWh = new Map<number, number>();
  readonly #givenWh = new Map<number, number>();
  readonly #first: number;
  /** How many deliveries a block may choose from, so that a full battery's blocks share the calm intervals. */
  readonly #deliveriesMax: number;

  constructor({ firstInterval, forecastWh }: WindowPlan, battery: Battery) {
    this.#battery = battery;
    this.#first = firstInterval;
    this.#calm = forecastWh.flatMap((netWh, place) => (netWh > 0 ? [] : [firstInterval + place]));
    const blocks = Math.ceil(battery.capacityWh / Math.max(1, battery.powerWhPerInterval));
    this.#deliveriesMax = Math.max(1, Math.floor(this.#calm.length / Math.max(1, blocks)));
  }

  /** The charge at the begin, in blocks. */
  chargeBlocks(): readonly Block[] {
    const { chargeWh, powerWhPerInterval: powerWh } = this.#battery;
    const blocks: Block[] = [];
    for (let leftWh = chargeWh; leftWh > 0; ) {
      const block = this.#reserve(this.#first, Math.min(leftWh, powerWh), this.#first);
      if (block === undefined) {
        // Nowhere to deliver it: it stays, and takes room for the whole window.
        const window = this.#calm.at(-1) ?? this.#first;
        for (let at = this.#first; at <= window; at += 1) this.#add(this.#heldWh, at, leftWh);
        return blocks;
      }
      blocks.push(block);
      leftWh -= block.energyWh;
    }
    return blocks;
  }

  /** Keeps as much of a surplus as it can; undefined: nothing. */
  keep(interval: number, surplusWh: number): Block | undefined {
    return this.#reserve(interval, surplusWh, interval + 1);
  }

  #reserve(from: number, wishWh: number, deliverFrom: number): Block | undefined {
    const { capacityWh, powerWhPerInterval: powerWh } = this.#battery;
    const deliveries: number[] = [];
    let energyWh = Math.min(wishWh, powerWh);
    let roomWh = capacityWh;
    let at = from;
    for (const interval of this.#calm) {
      if (interval < deliverFrom || interval >= from + MASK_INTERVALS) continue;
      for (; at <= interval; at += 1)
        roomWh = Math.min(roomWh, capacityWh - (this.#heldWh.get(at) ?? 0));
      if (roomWh <= 0 || deliveries.length === this.#deliveriesMax) break;
      const powerLeftWh = powerWh - (this.#givenWh.get(interval) ?? 0);
      if (powerLeftWh <= 0) continue;
      energyWh = Math.min(energyWh, roomWh, powerLeftWh);
      deliveries.push(interval);
    }
    const last = deliveries.at(-1);
    if (last === undefined || energyWh <= 0) return undefined;
    for (let held = from; held <= last; held += 1) this.#add(this.#heldWh, held, energyWh);
    for (const interval of deliveries) this.#add(this.#givenWh, interval, energyWh);
    return { energyWh, deliveries };
  }

  #add(sums: Map<number, number>, interval: number, energyWh: number): void {
    sums.set(interval, (sums.get(interval) ?? 0) + energyWh);
  }
}
