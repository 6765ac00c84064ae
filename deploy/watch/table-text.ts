/** One column of a table. */
export interface Column<R> {
  readonly title: string;
  readonly width: number;
  /** left: names; right: numbers. */
  readonly align: "left" | "right";
  readonly cell: (row: R) => string;
}

/** Lines of a table, each of the columns' widths and a blank between two; what is too long is cut. */
export function tableLines<R>(
  columns: readonly Column<R>[],
  rows: readonly R[],
): readonly string[] {
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, at) => fitted(text, columns[at]?.width ?? 0, columns[at]?.align ?? "left"))
      .join(" ")
      .trimEnd();
  const head = line(columns.map(({ title }) => title));
  return [head, ...rows.map((row) => line(columns.map(({ cell }) => cell(row))))];
}

/** `text` in exactly `width` places, without what a terminal would obey: names come from other boards. */
export function fitted(text: string, width: number, align: "left" | "right"): string {
  const plain = plainText(text);
  const cut = plain.length > width ? `${plain.slice(0, Math.max(0, width - 1))}~` : plain;
  return align === "left" ? cut.padEnd(width) : cut.padStart(width);
}

/** `text` without control characters. */
export function plainText(text: string): string {
  return text.replace(/\p{C}/gu, "?");
}

/** A rate, with as many digits as say something. */
export function rateText(perS: number | null): string {
  if (perS === null) return "-";
  if (perS >= 100_000) return `${Math.round(perS / 1000)}k`;
  return perS >= 100 || Number.isInteger(perS) ? String(Math.round(perS)) : perS.toFixed(1);
}

/** A short time: µs, ms or s. */
export function durationText(us: number | null): string {
  if (us === null) return "-";
  if (us < 1000) return `${Math.round(us)}us`;
  if (us < 1_000_000) return `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)}ms`;
  return `${(us / 1_000_000).toFixed(us < 10_000_000 ? 1 : 0)}s`;
}

/** Bytes in the largest unit of at least 1. */
export function bytesText(bytes: number | null): string {
  if (bytes === null) return "-";
  if (bytes < 1024) return `${bytes}`;
  const mib = bytes / 1024 ** 2;
  if (mib < 1) return `${Math.round(bytes / 1024)}K`;
  return mib < 1024
    ? `${mib < 10 ? mib.toFixed(1) : Math.round(mib)}M`
    : `${(mib / 1024).toFixed(1)}G`;
}
