import type { DiscoveryRun } from "./discovery.ts";
import { PAPER_CONNECTED_MS, PAPER_RANGES } from "./paper.ts";

// Figure 5.5 again: a column for each number of hosts, time upwards on a logarithmic scale. The dissertation's points as
// bars over their ranges, since its text gives no more; ours as a dot for each subscriber.

const WIDTH = 900;
const PANEL = { top: 60, height: 380, left: 70, width: 370, gap: 70 } as const;
const MS_MIN = 0.1;
const MS_MAX = 10_000;
const INK = "#1f2933";
const PAPER_INK = "#c2571a";
const OWN_INK = "#1b6ca8";

/** The runs as an SVG, with the dissertation's points beside. */
export function discoverySvg(runs: readonly DiscoveryRun[], title: string): string {
  const sizes = [...new Set(runs.map(({ hostCount }) => hostCount))].sort((a, b) => a - b);
  const first = panel(0, "registered to notified", sizes, (hostCount) => ({
    own: runs
      .filter((run) => run.hostCount === hostCount)
      .flatMap(({ times }) => times.map((each) => each.registeredToNotifiedMs)),
    paper: PAPER_RANGES.filter((range) => range.hostCount === hostCount),
  }));
  const second = panel(1, "notified to connected", sizes, (hostCount) => ({
    own: runs
      .filter((run) => run.hostCount === hostCount)
      .flatMap(({ times }) => times.map((each) => each.notifiedToConnectedMs)),
    paper: [{ ...PAPER_CONNECTED_MS, subscriberCount: undefined }],
  }));
  const bottom = PANEL.top + PANEL.height + 70;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${bottom + 20}" viewBox="0 0 ${WIDTH} ${bottom + 20}" font-family="sans-serif" font-size="12" fill="${INK}">
<rect width="100%" height="100%" fill="#fff"/>
${label(WIDTH / 2, 24, title, 'text-anchor="middle" font-size="15"')}
${first}
${second}
<circle cx="76" cy="${bottom - 4}" r="3" fill="${OWN_INK}"/>
${label(86, bottom, "Hedgerow: a subscriber, on a host of a testbed")}
<rect x="400" y="${bottom - 9}" width="10" height="10" fill="${PAPER_INK}" fill-opacity="0.45"/>
${label(416, bottom, "RIAPS on BeagleBone Black, figure 5.5: a range with its number of subscribers")}
</svg>
`;
}

interface Column {
  readonly own: readonly number[];
  readonly paper: readonly {
    readonly fromMs: number;
    readonly toMs: number;
    readonly subscriberCount: number | undefined;
  }[];
}

function panel(
  index: 0 | 1,
  title: string,
  sizes: readonly number[],
  columnOf: (hostCount: number) => Column,
): string {
  const left = PANEL.left + index * (PANEL.width + PANEL.gap);
  const right = left + PANEL.width;
  const base = PANEL.top + PANEL.height;
  const parts = [label(left + PANEL.width / 2, PANEL.top - 12, title, 'text-anchor="middle"')];
  for (let ms = MS_MIN; ms <= MS_MAX; ms *= 10) {
    const y = yOf(ms);
    parts.push(
      `<line x1="${left}" y1="${y}" x2="${right}" y2="${y}" stroke="#d9dee3"/>`,
      label(left - 8, y + 4, `${ms < 1_000 ? ms : `${ms / 1_000},000`} ms`, 'text-anchor="end"'),
    );
  }
  const step = PANEL.width / sizes.length;
  sizes.forEach((hostCount, position) => {
    const middle = left + (position + 0.5) * step;
    const { own, paper } = columnOf(hostCount);
    const caption = `${hostCount} hosts`;
    parts.push(label(middle, base + 20, caption, 'text-anchor="middle"'));
    for (const { fromMs, toMs, subscriberCount } of paper) {
      const top = yOf(toMs) - 2;
      const height = yOf(fromMs) + 2 - top;
      const x = middle + 6;
      parts.push(
        `<rect x="${x}" y="${top}" width="${step * 0.22}" height="${height}" fill="${PAPER_INK}" fill-opacity="0.45"/>`,
      );
      if (subscriberCount !== undefined)
        parts.push(label(x + step * 0.22 + 3, top + height / 2 + 4, String(subscriberCount)));
    }
    own.forEach((ms, number) => {
      // Spread sideways, for many lie on each other.
      const x = middle - 6 - ((number * 7) % 11) * (step * 0.028);
      parts.push(
        `<circle cx="${x.toFixed(1)}" cy="${yOf(ms)}" r="2.4" fill="${OWN_INK}" fill-opacity="0.55"/>`,
      );
    });
  });
  parts.push(
    `<rect x="${left}" y="${PANEL.top}" width="${PANEL.width}" height="${PANEL.height}" fill="none" stroke="${INK}"/>`,
  );
  return parts.join("\n");
}

function yOf(ms: number): number {
  const within = Math.min(MS_MAX, Math.max(MS_MIN, ms));
  const share = Math.log10(within / MS_MIN) / Math.log10(MS_MAX / MS_MIN);
  return Math.round((PANEL.top + PANEL.height * (1 - share)) * 10) / 10;
}

function label(x: number, y: number, text: string, more = ""): string {
  return `<text x="${x}" y="${y}" ${more}>${text}</text>`;
}
