/** One line of a table, by column. */
export type Row = Readonly<Record<string, number | string>>;

/** What one part of the night gave. */
export interface Part {
  readonly title: string;
  readonly rows: readonly Row[];
  /** Whether it holds what it promises. */
  readonly isGood: boolean;
  /** The promise, in words. */
  readonly goal: string;
}

/** Progress, for people. */
export function say(part: string, what: string): void {
  process.stderr.write(`${part}: ${what}\n`);
}

/** A part as text. */
export function partText({ title, rows, isGood, goal }: Part): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((name) => cellText(row[name])))];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  );
  const isNumber = columns.map((name) => rows.every((row) => typeof row[name] !== "string"));
  const table = lines.map((line) =>
    line
      .map((cell, index) =>
        isNumber[index] === true
          ? cell.padStart(widths[index] ?? 0)
          : cell.padEnd(widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return `${[title, ...table, `${isGood ? "holds" : "DOES NOT HOLD"}: ${goal}`].join("\n")}\n`;
}

function cellText(value: number | string | undefined): string {
  if (typeof value !== "number") return value ?? "";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "-" : "never";
  return Number.isInteger(value) || Math.abs(value) >= 1_000
    ? value.toFixed(0)
    : value.toPrecision(3);
}
