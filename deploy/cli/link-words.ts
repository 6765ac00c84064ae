import { checkQuality, type LinkQuality } from "../testbed/plan.ts";
import { UsageError } from "./command.ts";
import { textOf, type Values } from "./words.ts";

const NAMES = ["delay", "jitter", "loss", "duplicate", "reorder"] as const;
const MS_PER: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000 };

/** Whether a link's quality was asked for. */
export function hasQuality(values: Values): boolean {
  return NAMES.some((name) => values[name] !== undefined);
}

/** A link's quality from --delay, --jitter, --loss, --duplicate, --reorder. @throws UsageError */
export function qualityOf(values: Values): LinkQuality {
  const quality = {
    delayMs: timeMs(values, "delay"),
    jitterMs: timeMs(values, "jitter"),
    lossShare: share(values, "loss"),
    duplicateShare: share(values, "duplicate"),
    reorderShare: share(values, "reorder"),
  };
  try {
    return checkQuality(quality);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function timeMs(values: Values, name: string): number {
  const text = textOf(values, name) ?? "0ms";
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(us|ms|s)$/.exec(text) ?? [];
  const per = MS_PER[unit];
  if (number === undefined || per === undefined)
    throw new UsageError(`--${name} takes a time such as 5ms, 200us or 1s, not ${text}`);
  return Number(number) * per;
}

function share(values: Values, name: string): number {
  const text = textOf(values, name) ?? "0";
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  if (number === undefined)
    throw new UsageError(`--${name} takes a share such as 1% or 0.01, not ${text}`);
  return Number(number) / (percent === "%" ? 100 : 1);
}
