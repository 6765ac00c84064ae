/** Points that belong together. */
export interface Series {
  readonly name: string;
  /** line: joined in their order; dots: each alone. Default line. */
  readonly shape?: "line" | "dots";
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a plot says beside its points. */
export interface PlotText {
  readonly title: string;
  /** With the unit, such as "time (s)". */
  readonly x: string;
  readonly y: string;
  /** Powers of ten upwards. Default false. */
  readonly isLogY?: boolean;
}

const WIDTH = 900;
const HEIGHT = 420;
const BOX = { left: 80, right: WIDTH - 190, top: 40, bottom: HEIGHT - 50 } as const;
const INKS = ["#1b6ca8", "#c2571a", "#2e8b57", "#7b4fa3", "#b8860b", "#b03060", "#4f6d7a", "#888"];
const TICKS = 6;

/** The plot as the text of an SVG file. */
export function svgPlot(
  { title, x, y, isLogY = false }: PlotText,
  series: readonly Series[],
): string {
  const shown = series.map((each) => ({
    ...each,
    points: each.points
      .filter(([px, py]) => Number.isFinite(px) && Number.isFinite(py) && (!isLogY || py > 0))
      .map(([px, py]) => [px, isLogY ? Math.log10(py) : py] as const),
  }));
  const all = shown.flatMap(({ points }) => points);
  const across = axisOf(all.map(([px]) => px));
  const up = axisOf(all.map(([, py]) => py));
  const placeX = (value: number): number => place(value, across, BOX.left, BOX.right);
  const placeY = (value: number): number => place(value, up, BOX.bottom, BOX.top);
  const parts = [
    `<text x="${BOX.left}" y="24" font-size="15">${escaped(title)}</text>`,
    `<text x="${(BOX.left + BOX.right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(x)}</text>`,
    `<text transform="translate(16 ${(BOX.top + BOX.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>`,
  ];
  for (const tick of across.ticks)
    parts.push(
      `<path d="M${at(placeX(tick))} ${BOX.top}V${BOX.bottom}" stroke="#e3e7ea"/>`,
      `<text x="${at(placeX(tick))}" y="${BOX.bottom + 18}" text-anchor="middle">${numberText(tick)}</text>`,
    );
  for (const tick of up.ticks)
    parts.push(
      `<path d="M${BOX.left} ${at(placeY(tick))}H${BOX.right}" stroke="#e3e7ea"/>`,
      `<text x="${BOX.left - 8}" y="${at(placeY(tick) + 4)}" text-anchor="end">${numberText(isLogY ? 10 ** tick : tick)}</text>`,
    );
  for (const [index, { name, shape = "line", points }] of shown.entries()) {
    const ink = INKS[index % INKS.length] ?? "#000";
    const placed = points.map(([px, py]) => `${at(placeX(px))} ${at(placeY(py))}`);
    if (shape === "line" && placed.length > 0)
      parts.push(`<path d="M${placed.join("L")}" fill="none" stroke="${ink}" stroke-width="1.2"/>`);
    else
      for (const point of placed)
        parts.push(
          `<path d="M${point}h0" stroke="${ink}" stroke-width="3" stroke-linecap="round"/>`,
        );
    const rowY = BOX.top + 14 + index * 18;
    parts.push(
      `<rect x="${BOX.right + 14}" y="${rowY - 9}" width="10" height="10" fill="${ink}"/>`,
      `<text x="${BOX.right + 30}" y="${rowY}">${escaped(name)}</text>`,
    );
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#1f2933">`;
  return `${[head, '<rect width="100%" height="100%" fill="#fff"/>', ...parts].join("\n")}\n</svg>\n`;
}

interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/** Ends and ticks at round numbers. */
function axisOf(values: readonly number[]): Axis {
  const least = values.reduce((one, other) => Math.min(one, other), Infinity);
  const most = values.reduce((one, other) => Math.max(one, other), -Infinity);
  const from = Number.isFinite(least) ? least : 0;
  const to = Number.isFinite(most) && most > from ? most : from + 1;
  const rough = (to - from) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough;
  const first = Math.floor(from / step);
  const last = Math.ceil(to / step);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  return { low: first * step, high: last * step, ticks };
}

function place(value: number, { low, high }: Axis, from: number, to: number): number {
  return from + ((value - low) / (high - low)) * (to - from);
}

function at(value: number): string {
  return value.toFixed(1);
}

function numberText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
