import type { BoardFacts } from "./board-facts.ts";
import type { Check, Repair, Verdict } from "./check.ts";
import { DEVICE_CHECKS } from "./device-checks.ts";
import { NETWORK_CHECKS } from "./network-checks.ts";
import { SYSTEM_CHECKS } from "./system-checks.ts";
import { TIME_CHECKS } from "./time-checks.ts";

/** Subsets that can be asked for by name. */
export const GROUPS = {
  system: SYSTEM_CHECKS,
  network: NETWORK_CHECKS,
  time: TIME_CHECKS,
  device: DEVICE_CHECKS,
} as const satisfies Readonly<Record<string, readonly Check[]>>;

/** Every check, in the order in which they are told. */
export const CHECKS: readonly Check[] = Object.values(GROUPS).flat();

/** What one check found; plain data. */
export interface Result {
  readonly id: string;
  readonly question: string;
  readonly verdict: Verdict;
  readonly saw: string;
  /** What to do; absent when nothing is to be done. */
  readonly advice?: string;
  /** What --fix would do. */
  readonly repair?: Repair;
}

/** Runs checks on what is known of a board. Pure. */
export function examine(checks: readonly Check[], facts: BoardFacts): readonly Result[] {
  return checks.map(({ id, question, look, advice, repair }) => {
    const finding = look(facts);
    if (finding.verdict === "ok" || finding.verdict === "unknown")
      return { id, question, ...finding };
    const repaired = repair?.(facts);
    const more = repaired === undefined ? {} : { repair: repaired };
    return { id, question, ...finding, advice, ...more };
  });
}

/** The results for people: a line each, and what to do below it. */
export function doctorText(results: readonly Result[]): string {
  const lines = results.flatMap(({ id, question, verdict, saw, advice, repair }) => {
    const line = `${verdict.padEnd(7)} ${id.padEnd(18)} ${question}: ${saw}`;
    const fix =
      repair === undefined
        ? []
        : [`${" ".repeat(8)}--fix runs: ${repair.command} ${repair.words.join(" ")}`];
    return advice === undefined ? [line] : [line, `${" ".repeat(8)}${advice}`, ...fix];
  });
  const count = (verdict: Verdict): number =>
    results.filter((each) => each.verdict === verdict).length;
  const sum = (["ok", "warn", "fail", "unknown"] as const).map(
    (verdict) => `${count(verdict)} ${verdict}`,
  );
  return `${[...lines, sum.join(", ")].join("\n")}\n`;
}
