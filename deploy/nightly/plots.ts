import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PlotText, type Series, svgPlot } from "../plot/svg-plot.ts";
import type { Part } from "./report.ts";

/** Draws what parts say over the number of boards into files of `folder`. */
export function writePlots(folder: string, parts: readonly Part[]): void {
  mkdirSync(folder, { recursive: true });
  const x = "boards";
  for (const [index, { title, rows }] of parts.entries()) {
    const first = rows[0] ?? {};
    const columns = ["p99 ms", "sent B/s, mean"].filter((name) => x in first && name in first);
    for (const y of columns) {
      const rates = [...new Set(rows.map((row) => row["loss %"]))];
      const series = rates.map((rate): Series => {
        const points = rows
          .filter((row) => row["loss %"] === rate)
          .map((row) => [Number(row[x]), Number(row[y])] as const);
        return { name: rate === undefined ? y : `${rate} % loss`, points };
      });
      const text: PlotText = { title, x, y, isLogY: y.endsWith("ms") };
      writeFileSync(
        join(folder, `${index}-${y.replaceAll(/\W+/g, "-")}.svg`),
        svgPlot(text, series),
      );
    }
  }
}
