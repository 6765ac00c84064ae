import type { EventArgs } from "../../agent/component/contract.ts";
import type { marketAbi } from "./contracts/generated/market-artefact.ts";
import { bytesOf, keccak256 } from "./hex.ts";
import { emptyFinalizeCall, type FinalizeCall, finalizeCalls } from "./rules/candidate-chain.ts";
import type { FeederLimits, Offer, Trade } from "./rules/market-terms.ts";
import { offerIntervals } from "./rules/market-terms.ts";
import { decodeSolution, decodeTrades } from "./rules/solution-codec.ts";

type Event<E extends "OfferPosted" | "SolutionPosted" | "Finalized" | "FeederSet"> = EventArgs<
  typeof marketAbi,
  E
>;

/**
 * A market as its events tell it: what a solver needs to solve, and what anybody needs to finalize.
 *
 * Invariant: after the same events it equals the contract's state, as far as it is kept here.
 */
export class MarketMirror {
  readonly #offers = new Map<number, Offer>();
  readonly #limits = new Map<number, FeederLimits>();
  #candidate: readonly Trade[] = [];
  #nextFinal = 0;
  /** Grows with everything that may allow a better solution. */
  version = 0;

  /** The interval that is finalized next. */
  get nextFinal(): number {
    return this.#nextFinal;
  }

  /** Energy that the candidate trades in intervals that are not final. */
  get candidateWh(): number {
    return this.#candidate.reduce((sum, { energyWh }) => sum + energyWh, 0);
  }

  /** Offers that may still trade, in the order they were posted. */
  get openOffers(): readonly Offer[] {
    return [...this.#offers.values()];
  }

  get limits(): ReadonlyMap<number, FeederLimits> {
    return this.#limits;
  }

  offerPosted(args: Event<"OfferPosted">): void {
    this.#offers.set(args.offerId, {
      offerId: args.offerId,
      kind: args.kind === 0 ? "sell" : "buy",
      feeder: args.feeder,
      energyWh: args.energyWh,
      usedWh: 0,
      priceUnits: args.price,
      firstInterval: args.firstInterval,
      intervalMask: args.mask,
    });
    this.version += 1;
  }

  feederSet({ feeder, externalLimitWh, internalLimitWh }: Event<"FeederSet">): void {
    this.#limits.set(feeder, {
      externalLimitWh: externalLimitWh === 0 ? undefined : externalLimitWh,
      internalLimitWh: internalLimitWh === 0 ? undefined : internalLimitWh,
    });
    this.version += 1;
  }

  solutionPosted({ offerList, chunks }: Event<"SolutionPosted">): void {
    const packed = { offerList: bytesOf(offerList), chunks: bytesOf(chunks) };
    // The contract has verified it: a solution that does not decode is a bug here.
    this.#candidate = decodeSolution(packed) ?? [];
  }

  candidateDropped(): void {
    this.#candidate = [];
    this.version += 1;
  }

  finalized({ interval, trades }: Event<"Finalized">): void {
    this.#nextFinal = interval + 1;
    this.#candidate = this.#candidate.filter((trade) => trade.interval > interval);
    for (const { sellerOffer, buyerOffer, energyWh } of decodeTrades(interval, bytesOf(trades)) ??
      [])
      for (const id of [sellerOffer, buyerOffer]) {
        const offer = this.#offers.get(id);
        if (offer !== undefined)
          this.#offers.set(id, { ...offer, usedWh: offer.usedWh + energyWh });
      }
    for (const [id, offer] of this.#offers)
      if ((offerIntervals(offer).at(-1) ?? 0) <= interval) this.#offers.delete(id);
  }

  /** What finalizes the next interval. */
  finalizeCall(): FinalizeCall {
    const interval = this.#nextFinal;
    const calls = finalizeCalls(this.#candidate, keccak256);
    const [first] = calls;
    return first?.interval === interval ? first : emptyFinalizeCall(interval);
  }
}
