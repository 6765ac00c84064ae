import type { DayOptions, Kill } from "../microgrid/day-options.ts";
import { UsageError } from "./command.ts";
import { listOption, textOf, type Values, wholeOption } from "./words.ts";

/** The options that `day` and `sim` share, as parseArgs takes them. */
export const DAY_WORDS = {
  intervals: { type: "string" },
  prosumers: { type: "string" },
  "external-limit": { type: "string" },
  "internal-limit": { type: "string" },
  seed: { type: "string" },
  "forecast-error": { type: "string" },
  "battery-wh": { type: "string" },
  kill: { type: "string", multiple: true },
  out: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** What `--help` says of them. */
export const DAY_HELP = `  --intervals N | A-B   trade the first N quarter hours, or those from A to B (0 to 95); default 0-95
  --prosumers N         how many of the 102 households take part, producers first; default 102
  --external-limit WH   most net energy of each feeder per interval (Ce); default 0: no limit
  --internal-limit WH   most energy sold, and bought, in each feeder per interval (Ci); default 0
  --forecast-error PCT  standard deviation of the households' forecasts in per cent; default 0
  --battery-wh WH       gives every producer a battery of this size; default 0: none
  --seed N              of forecast errors, and of all chance in a simulation; default 1
  --kill NAME@HH:MM     kills a program at that time of the day as kill -9 does: an actor such as
                        solver1, dso or prosumer101, or ledger; may be given several times
  --out FOLDER          where report.html, record.json and the tables are put; default ./out
  --json                prints the record of the day as JSON instead of the summary`;

const INTERVALS_MAX = 96;
const PROSUMERS_MAX = 102;
const WH_MAX = 1_000_000;
/** Power of a battery that is empty after two hours. */
const BATTERY_HOURS = 2;

/** Reads the options of a day. @throws UsageError that says what is wrong with which option. */
export function readDayOptions(values: Values): DayOptions {
  const { firstInterval, lastInterval } = readIntervals(textOf(values, "intervals"));
  const wh = (name: string): number =>
    wholeOption(values, name, { min: 0, max: WH_MAX, fallback: 0 });
  const batteryWh = wh("battery-wh");
  return {
    firstInterval,
    lastInterval,
    prosumerCount: wholeOption(values, "prosumers", {
      ...{ min: 1, max: PROSUMERS_MAX },
      fallback: PROSUMERS_MAX,
    }),
    externalLimitWh: wh("external-limit"),
    internalLimitWh: wh("internal-limit"),
    seed: wholeOption(values, "seed", { min: 0, max: 1_000_000_000, fallback: 1 }),
    forecastErrorPercent: wholeOption(values, "forecast-error", { min: 0, max: 100, fallback: 0 }),
    batteryWh,
    batteryW: Math.floor(batteryWh / BATTERY_HOURS),
    speed: wholeOption(values, "speed", { min: 1, max: 1_000_000, fallback: undefined }),
    kills: listOption(values, "kill").map(readKill),
  };
}

function readIntervals(
  text: string | undefined,
): Pick<DayOptions, "firstInterval" | "lastInterval"> {
  const match = /^(?:(\d+)-)?(\d+)$/.exec(text ?? `${INTERVALS_MAX}`);
  const first = Number(match?.[1] ?? 0);
  const last = match?.[1] === undefined ? Number(match?.[2]) - 1 : Number(match[2]);
  if (match === null || last < first || last >= INTERVALS_MAX)
    throw new UsageError(
      `--intervals takes a count from 1 to 96, or a range such as 40-59, not ${String(text)}`,
    );
  return { firstInterval: first, lastInterval: last };
}

function readKill(text: string): Kill {
  const match = /^([a-z]+\d*)@([01]?\d|2[0-3]):([0-5]\d)$/.exec(text);
  const [, program = "", hours, minutes] = match ?? [];
  if (match === null)
    throw new UsageError(`--kill takes NAME@HH:MM, such as solver1@08:15, not ${text}`);
  return { program, atMinute: Number(hours) * 60 + Number(minutes) };
}
