import type { Graph, GraphActor, GraphBoard, GraphComponent } from "./graph.ts";
import { actorTitle } from "./labels.ts";
import {
  type Box,
  type LinkEnd,
  layoutOf,
  type Picture,
  type Rail,
  SIZE,
  type Trunk,
} from "./svg-layout.ts";
import { type LineStyle, legendText, stylesOf } from "./svg-style.ts";
import { boldWidth } from "./text-width.ts";

const LEGEND_HEIGHT = 34;

/**
 * The graph as a picture that stands by itself: boards and actors as frames, components in them, and
 * each link as a rail below what it joins: within the actor when it is internal, within the board when
 * local, below all boards when global. A dot joins, a crossing does not. Arrows point from who
 * publishes or asks to who hears or answers.
 */
export function svgText(graph: Graph): string {
  const picture = layoutOf(graph);
  const styleOf = stylesOf(graph);
  const scopes = new Set(graph.links.map(({ scope }) => scope));
  const legend = legendText(graph, [...scopes]);
  const width = Math.ceil(Math.max(picture.width, legend.width + 56));
  const height = Math.ceil(picture.height + LEGEND_HEIGHT);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif">`,
    `<title>${escaped(graph.appName)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(28, 36, graph.appName, 'font-size="18" font-weight="700" fill="#1c2733"'),
    ...picture.boards.map(({ board, box }) => boardText(board, box)),
    ...picture.actors.map(({ actor, box }) => actorText(actor, box)),
    ...picture.trunks.map((trunk) => trunkText(trunk, styleOf(trunk.link))),
    ...picture.rails.map((rail) => railText(rail, styleOf(rail.link))),
    ...picture.components.map(({ component, box }) => componentText(component, box)),
    ...endLabels(picture),
    ...picture.rails.map((rail) => railLabel(rail, styleOf(rail.link))),
    `<g transform="translate(28 ${height - LEGEND_HEIGHT + 10})">${legend.text}</g>`,
    "</svg>",
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function boardText({ name, note }: GraphBoard, box: Box): string {
  if (name === null) return "";
  const title = text(
    box.x + 12,
    box.y + 19,
    name,
    `font-size="${SIZE.title}" font-weight="600" fill="#1c2733"`,
  );
  const noteX = box.x + 20 + boldWidth(name, SIZE.title);
  const aside =
    note === "" ? "" : text(noteX, box.y + 19, note, `font-size="${SIZE.small}" fill="#66727f"`);
  return `<g class="board">${rect(box, 'rx="12" fill="#f3f6f9" stroke="#c9d3dd"')}${title}${aside}</g>`;
}

function actorText(actor: GraphActor, box: Box): string {
  // Several of one type: a pile of cards.
  const pile = actor.count === 1 ? [] : [8, 4];
  const behind = pile.map((by) =>
    rect(
      { ...box, x: box.x + by / 2, y: box.y - by / 2 },
      'rx="9" fill="#ffffff" stroke="#b9c4cf"',
    ),
  );
  const frame = rect(box, 'rx="9" fill="#ffffff" stroke="#9fb0c0"');
  const title = text(
    box.x + 12,
    box.y + 19,
    actorTitle(actor),
    `font-size="${SIZE.name}" fill="#33475b"`,
  );
  return `<g class="actor">${behind.join("")}${frame}${title}</g>`;
}

function componentText(component: GraphComponent, box: Box): string {
  const { name, type, isDevice, timers, ports } = component;
  const look = isDevice ? 'fill="#fff6e3" stroke="#c28a1d"' : 'fill="#f9fbfd" stroke="#6d8196"';
  const lines = [
    text(box.x + 12, box.y + 20, name, `font-size="${SIZE.name}" font-weight="600" fill="#1c2733"`),
    text(
      box.x + 12,
      box.y + 36,
      isDevice ? `device ${type}` : type,
      `font-size="${SIZE.small}" fill="#66727f"`,
    ),
    ...timers.map((timer, index) => timerText(timer, box.x + 12, box.y + 52 + SIZE.line * index)),
    isDevice ? chip(box.x + box.width - 24, box.y + 9) : "",
    ports.length === 0
      ? ""
      : line(box.x, box.y + box.height - 20, box.x + box.width, 'stroke="#dde4ea"'),
  ];
  return `<g class="${isDevice ? "device" : "component"}">${rect(box, `rx="6" ${look} stroke-width="1.3"`)}${lines.join("")}</g>`;
}

function timerText(timer: string, x: number, y: number): string {
  const face = `<circle cx="${x + 5}" cy="${y - 4}" r="4.6" fill="none" stroke="#5b6b7a"/>`;
  const hands = `<path d="M${x + 5} ${y - 7}v3l2 1.5" fill="none" stroke="#5b6b7a"/>`;
  return `<g class="timer">${face}${hands}${text(x + 15, y, timer, `font-size="${SIZE.small}" fill="#3d4c5a"`)}</g>`;
}

function chip(x: number, y: number): string {
  const pins = `M${x + 3} ${y}v12M${x + 6} ${y}v12M${x + 9} ${y}v12M${x} ${y + 3}h12M${x} ${y + 6}h12M${x} ${y + 9}h12`;
  return `<g><path d="${pins}" stroke="#c28a1d"/><rect x="${x + 2}" y="${y + 2}" width="8" height="8" rx="1" fill="#c28a1d"/></g>`;
}

function railText({ link, y, fromX, toX, ends }: Rail, { color, dash, width }: LineStyle): string {
  const drops = ends.map((end) => dropText(end, y, color));
  const rail = line(
    fromX,
    y,
    toX,
    `stroke="${color}" stroke-width="${width}" stroke-linecap="round"${dash}`,
  );
  return `<g class="link ${link.scope}${link.isAlone ? " alone" : ""}">${rail}${drops.join("")}</g>`;
}

function dropText({ port, x, y }: LinkEnd, railY: number, color: string): string {
  const stem = `<path d="M${x} ${y}V${railY}" stroke="${color}" stroke-width="1.4"/>`;
  const dot = `<circle cx="${x}" cy="${railY}" r="3.2" fill="${color}"/>`;
  const arrow = port.direction === "in" ? `M${x} ${y}l-4 8h8z` : `M${x} ${railY - 2}l-4 -8h8z`;
  return `${stem}${dot}<path d="${arrow}" fill="${color}"/>`;
}

function trunkText({ x, fromY, toY }: Trunk, { color, width }: LineStyle): string {
  return `<path d="M${x} ${fromY}V${toY}" stroke="${color}" stroke-width="${width}" stroke-linecap="round"/>`;
}

// A port on several links is named once, between them.
function endLabels({ ends }: Picture): string[] {
  const places = new Map<object, LinkEnd[]>();
  for (const end of ends) places.set(end.port, [...(places.get(end.port) ?? []), end]);
  return [...places.values()].map((own) => {
    const x = own.reduce((sum, end) => sum + end.x, 0) / own.length;
    const [first] = own;
    return first === undefined
      ? ""
      : text(
          x,
          first.y - 7,
          first.port.name,
          `font-size="${SIZE.port}" fill="#3d4c5a" text-anchor="middle"`,
        );
  });
}

// Behind the first end, above the rail, with a halo for what crosses.
function railLabel({ link, y, fromX }: Rail, { color }: LineStyle): string {
  const label = link.isAlone ? `${link.label} (nobody at the other end)` : link.label;
  const look = `font-size="${SIZE.small}" fill="${color}" font-weight="600" paint-order="stroke" stroke="#ffffff" stroke-width="3.5" stroke-linejoin="round"`;
  return text(fromX + 8, y - 5, label, look);
}

function rect({ x, y, width, height }: Box, look: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" ${look}/>`;
}

function line(fromX: number, y: number, toX: number, look: string): string {
  return `<path d="M${round(fromX)} ${round(y)}H${round(toX)}" ${look}/>`;
}

function text(x: number, y: number, content: string, look: string): string {
  return `<text x="${round(x)}" y="${round(y)}" ${look}>${escaped(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
