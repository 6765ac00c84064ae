import type { Graph, GraphLink, LinkScope } from "./graph.ts";
import { textWidth } from "./text-width.ts";

// Colours tell messages apart; the kind of line says how far one reaches.
const COLORS = [
  "#2463a8",
  "#0f7b6c",
  "#8a4fbf",
  "#b0562c",
  "#3f7d20",
  "#a83279",
  "#4a5aa8",
  "#7a6a1d",
];
const ALONE = "#c62f2f";
const FOREIGN = "#1f7a3f";
const LEGEND_SIZE_PX = 11;

/** The look of one link; `dash` is an attribute, or nothing. */
export interface LineStyle {
  readonly color: string;
  readonly dash: string;
  readonly width: number;
}

const LINES: Readonly<Record<LinkScope, Omit<LineStyle, "color">>> = {
  global: { dash: "", width: 3 },
  local: { dash: ' stroke-dasharray="9 5"', width: 2.4 },
  internal: { dash: ' stroke-dasharray="1 5"', width: 2.6 },
  foreign: { dash: ' stroke-dasharray="14 4 2 4"', width: 2.4 },
};

const MEANINGS: Readonly<Record<LinkScope, string>> = {
  global: "every board",
  local: "this board",
  internal: "this actor",
  foreign: "a program that is not ours",
};

/** How links of this graph are drawn: every message in its own colour, as far as there are some. */
export function stylesOf({ links }: Graph): (link: GraphLink) => LineStyle {
  const labels = [...new Set(links.map(({ label }) => label))];
  return (link) => {
    const own = COLORS[labels.indexOf(link.label) % COLORS.length] ?? FOREIGN;
    const color = link.isAlone ? ALONE : link.scope === "foreign" ? FOREIGN : own;
    return { color, ...LINES[link.scope] };
  };
}

/** What the kinds of line in this graph mean. */
export function legendText(
  { boards }: Graph,
  scopes: readonly LinkScope[],
): { readonly text: string; readonly width: number } {
  let x = 0;
  const entries: string[] = [];
  const add = (mark: string, label: string): void => {
    const look = `font-size="${LEGEND_SIZE_PX}" fill="#66727f"`;
    entries.push(
      `<g transform="translate(${Math.round(x)} 0)">${mark}<text x="38" y="10" ${look}>${label}</text></g>`,
    );
    x += 38 + textWidth(label, LEGEND_SIZE_PX) + 24;
  };
  for (const scope of (["global", "local", "internal", "foreign"] as const).filter((each) =>
    scopes.includes(each),
  )) {
    const { dash, width } = LINES[scope];
    const look = `stroke="#66727f" stroke-width="${width}" stroke-linecap="round"${dash}`;
    add(`<path d="M0 6H30" ${look}/>`, `reaches ${MEANINGS[scope]}`);
  }
  const components = boards.flatMap(({ actors }) => actors.flatMap((actor) => actor.components));
  if (components.some(({ isDevice }) => isDevice))
    add(
      '<rect x="6" y="-1" width="22" height="14" rx="3" fill="#fff6e3" stroke="#c28a1d"/>',
      "device",
    );
  return { text: entries.join(""), width: x };
}
