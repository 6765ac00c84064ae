import type { ExtractAbiEventNames } from "abitype";
import type { marketAbi } from "../../actors/transax/contracts/generated/market-artefact.ts";
import type { EventArgs } from "../../agent/component/contract.ts";

type EventName = ExtractAbiEventNames<typeof marketAbi>;

/** An event of the market: its name and typed arguments. */
export type MarketEvent = {
  [E in EventName]: { readonly name: E; readonly args: EventArgs<typeof marketAbi, E> };
}[EventName];

/** What the record needs of a transaction. */
export interface TransactionFact {
  /** See GasRecord.functionName. */
  readonly functionName: string;
  readonly gasUsed: number;
  readonly succeeded: boolean;
  /** How many of the function's items it carries; undefined where there are none, or not readable. */
  readonly itemCount?: number | undefined;
}

/** What a chain told about a day, in its order. */
export interface DayFacts {
  readonly market: string | null;
  readonly events: readonly MarketEvent[];
  readonly transactions: readonly TransactionFact[];
  /** Blocks after the first one of the chain. */
  readonly blockCount: number;
}
