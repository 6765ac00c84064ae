const GROUP = /\B(?=(\d{3})+$)/g;

/** A whole number with commas: 1,234,567. */
export function wholeText(value: number | bigint): string {
  const text = (typeof value === "bigint" ? value : Math.round(value)).toString();
  return text.startsWith("-") ? `-${text.slice(1).replace(GROUP, ",")}` : text.replace(GROUP, ",");
}

/** A number with `digits` after the point, and commas before it. */
export function fixedText(value: number, digits: number): string {
  const [whole = "0", rest] = Math.abs(value).toFixed(digits).split(".");
  const sign = value < 0 && Number(value.toFixed(digits)) !== 0 ? "-" : "";
  return `${sign}${whole.replace(GROUP, ",")}${rest === undefined ? "" : `.${rest}`}`;
}

/** Wh as kWh: 1,234.5. */
export function kwhText(energyWh: number, digits = 1): string {
  return fixedText(energyWh / 1_000, digits);
}

/** Units as whole currency, such as 65.53: a unit is a millionth. */
export function moneyText(units: bigint, digits = 2): string {
  // Two decimals of a day's money are far inside what a double holds exactly.
  return fixedText(Number(units) / 1_000_000, digits);
}

/** A price in units per Wh as currency per kWh: 300 is 0.300. */
export function priceText(unitsPerWh: number, digits = 3): string {
  return fixedText(unitsPerWh / 1_000, digits);
}

/** `part` of `whole` in per cent: 43.7 %; a dash when there is no whole. */
export function shareText(part: number, whole: number): string {
  return whole === 0 ? "–" : `${fixedText((100 * part) / whole, 1)} %`;
}

/** Time of the day at the begin of `interval`, 00:00 to 24:00; a second day goes on counting. */
export function clockText(interval: number, intervalS: number): string {
  const minutes = Math.floor((interval * intervalS) / 60);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** A span of time for people: 6 min 52 s. */
export function spanText(spanMs: number): string {
  if (spanMs < 10_000) return `${fixedText(spanMs / 1_000, 1)} s`;
  const seconds = Math.round(spanMs / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** A large count in short: 1.23 G, 45.6 M, 789 k. */
export function shortText(value: number): string {
  for (const [size, name] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const)
    if (value >= size) return `${(value / size).toPrecision(3)} ${name}`;
  return wholeText(value);
}
