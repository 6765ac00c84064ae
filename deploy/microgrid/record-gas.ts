import type { GasItems, GasRecord } from "./record.ts";
import type { TransactionFact } from "./record-facts.ts";

/** Functions whose calls carry a list, and what one item of it is called. */
export const ITEM_NAMES: Readonly<Record<string, string>> = {
  postOffers: "offer",
  postSolution: "assignment",
  finalize: "trade",
  submitReadings: "reading",
};

/** What calls cost, by function, the dearest in sum first. */
export function gasByFunction(transactions: readonly TransactionFact[]): readonly GasRecord[] {
  const groups = new Map<string, TransactionFact[]>();
  for (const each of transactions) {
    const group = groups.get(each.functionName);
    if (group === undefined) groups.set(each.functionName, [each]);
    else group.push(each);
  }
  const records = [...groups].map(([name, calls]) => gasOf(name, calls));
  return records.sort(
    (a, b) => b.gasTotal - a.gasTotal || (a.functionName < b.functionName ? -1 : 1),
  );
}

function gasOf(functionName: string, calls: readonly TransactionFact[]): GasRecord {
  const { min, median, max, total } = statisticsOf(calls.map(({ gasUsed }) => gasUsed));
  return {
    functionName,
    callCount: calls.length,
    refusedCount: calls.filter(({ succeeded }) => !succeeded).length,
    gasMin: min,
    gasMedian: median,
    gasMax: max,
    gasTotal: total,
    items: itemsOf(functionName, calls),
  };
}

function itemsOf(functionName: string, calls: readonly TransactionFact[]): GasItems | null {
  const itemName = ITEM_NAMES[functionName];
  if (itemName === undefined) return null;
  const accepted = calls.filter(
    (call): call is TransactionFact & { readonly itemCount: number } =>
      call.succeeded && call.itemCount !== undefined,
  );
  const { min, median, max, total } = statisticsOf(accepted.map(({ itemCount }) => itemCount));
  const gas = accepted.reduce((sum, { gasUsed }) => sum + gasUsed, 0);
  return {
    itemName,
    count: total,
    perCallMin: min,
    perCallMedian: median,
    perCallMax: max,
    gasPerItem: total === 0 ? null : Math.round(gas / total),
  };
}

interface Statistics {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly total: number;
}

/** Zeros for an empty list; of an even count the mean of the middle two, rounded down. */
function statisticsOf(numbers: readonly number[]): Statistics {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? 0;
  const half = Math.floor((sorted.length - 1) / 2);
  return {
    min: at(0),
    median: Math.floor((at(half) + at(Math.ceil((sorted.length - 1) / 2))) / 2),
    max: at(sorted.length - 1),
    total: sorted.reduce((sum, each) => sum + each, 0),
  };
}
