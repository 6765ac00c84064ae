import type {
  Graph,
  GraphActor,
  GraphBoard,
  GraphComponent,
  GraphLink,
  GraphPort,
} from "./graph.ts";
import { actorTitle } from "./labels.ts";
import { boldWidth, textWidth } from "./text-width.ts";

/** A rectangle in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where everything stands: boards in rows, links as rails below what they join. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly boards: readonly { readonly board: GraphBoard; readonly box: Box }[];
  readonly actors: readonly { readonly actor: GraphActor; readonly box: Box }[];
  readonly components: readonly { readonly component: GraphComponent; readonly box: Box }[];
  readonly ends: readonly LinkEnd[];
  readonly rails: readonly Rail[];
  /** What joins the rails of one link in several rows, at the left. */
  readonly trunks: readonly Trunk[];
}

/** A port on one of its links: from the lower edge of its component down to a rail. */
export interface LinkEnd {
  readonly port: GraphPort;
  readonly linkId: string;
  readonly x: number;
  readonly y: number;
}

/** A horizontal line that stands for a link, in one row of boards. */
export interface Rail {
  readonly link: GraphLink;
  readonly y: number;
  readonly fromX: number;
  readonly toX: number;
  readonly ends: readonly LinkEnd[];
}

/** A vertical line at the left. */
export interface Trunk {
  readonly link: GraphLink;
  readonly x: number;
  readonly fromY: number;
  readonly toY: number;
}

/** Sizes of type, and distances, in pixels. */
export const SIZE = { title: 14, name: 13, small: 11, port: 10.5, line: 16 } as const;
const MARGIN = 28;
const GAP = 18;
const PAD = 12;
const HEAD = 28;
const RAIL = 24;
const TRUNK = 12;
const END = 12;
const ROW_WIDTH_MAX = 1500;
// A rail with one end is drawn that far, so that there is something to see.
const STUB = 26;

/** Places a graph; the same graph always in the same way. */
export function layoutOf(graph: Graph): Picture {
  return new Placer(graph).picture();
}

class Placer {
  readonly #graph: Graph;
  readonly #rows: readonly (readonly GraphBoard[])[];
  readonly #boards: { board: GraphBoard; box: Box }[] = [];
  readonly #actors: { actor: GraphActor; box: Box }[] = [];
  readonly #components: { component: GraphComponent; box: Box }[] = [];
  readonly #ends: LinkEnd[] = [];
  readonly #rails: Rail[] = [];

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#rows = rowsOf(graph.boards, (board) => this.#boardWidth(board));
  }

  picture(): Picture {
    const network = this.#graph.links.filter(({ homeId }) => homeId === null);
    const across = network.filter(({ id }) => this.#rows.filter((row) => isOn(row, id)).length > 1);
    const left = MARGIN + across.length * TRUNK;
    let y = MARGIN + HEAD;
    for (const row of this.#rows) y = this.#placeRow(row, network, { x: left, y });
    const trunks = across.map((link, index) => this.#trunk(link, MARGIN + index * TRUNK));
    const rails = this.#rails.map((rail) => {
      const trunk = trunks.find(({ link }) => link === rail.link);
      return trunk === undefined ? rail : { ...rail, fromX: trunk.x, toX: lastEnd(rail) };
    });
    const rights = [...this.#boards, ...this.#actors].map(({ box }) => box.x + box.width);
    const labels = rails.map(({ link, toX }) => toX + boldWidth(link.label, SIZE.small));
    return {
      width: Math.max(360, ...rights, ...labels) + MARGIN,
      height: y,
      boards: this.#boards,
      actors: this.#actors,
      components: this.#components,
      ends: this.#ends,
      rails,
      trunks,
    };
  }

  #trunk(link: GraphLink, x: number): Trunk {
    const heights = this.#rails.filter((rail) => rail.link === link).map(({ y }) => y);
    return { link, x, fromY: Math.min(...heights), toY: Math.max(...heights) };
  }

  /** @returns where the next row begins. */
  #placeRow(
    row: readonly GraphBoard[],
    network: readonly GraphLink[],
    { x, y }: Pick<Box, "x" | "y">,
  ): number {
    const firstEnd = this.#ends.length;
    const firstBoard = this.#boards.length;
    let nextX = x;
    for (const board of row) nextX += this.#placeBoard(board, { x: nextX, y }) + 2 * GAP;
    const placed = this.#boards.splice(firstBoard);
    const height = Math.max(...placed.map(({ box }) => box.height));
    this.#boards.push(...placed.map(({ board, box }) => ({ board, box: { ...box, height } })));
    return this.#placeRails(network, this.#ends.slice(firstEnd), y + height) + MARGIN;
  }

  /** Places rails of those `links` that have ends here, from `y` on. @returns the height below them. */
  #placeRails(links: readonly GraphLink[], ends: readonly LinkEnd[], y: number): number {
    let bottom = y;
    for (const link of links) {
      const own = ends.filter(({ linkId }) => linkId === link.id);
      if (own.length === 0) continue;
      bottom += RAIL;
      const places = own.map((end) => end.x);
      const [fromX, lastX] = [Math.min(...places), Math.max(...places)];
      const toX = Math.max(lastX, fromX + STUB);
      this.#rails.push({ link, y: bottom, fromX, toX, ends: own });
    }
    return bottom === y ? y : bottom + PAD;
  }

  #linksOf(homeId: string): readonly GraphLink[] {
    return this.#graph.links.filter((link) => link.homeId === homeId);
  }

  /** @returns its width. */
  #placeBoard(board: GraphBoard, { x, y }: Pick<Box, "x" | "y">): number {
    const firstEnd = this.#ends.length;
    const isFramed = board.name !== null;
    const top = y + (isFramed ? HEAD : 0);
    let nextX = x + (isFramed ? PAD : 0);
    let bottom = top;
    for (const actor of board.actors) {
      const box = this.#placeActor(actor, { x: nextX, y: top });
      nextX += box.width + GAP;
      bottom = Math.max(bottom, box.y + box.height);
    }
    bottom = this.#placeRails(this.#linksOf(board.id), this.#ends.slice(firstEnd), bottom);
    const box = { x, y, width: this.#boardWidth(board), height: bottom + (isFramed ? PAD : 0) - y };
    this.#boards.push({ board, box });
    return box.width;
  }

  #boardWidth({ name, note, actors }: GraphBoard): number {
    const widths = actors.map((actor) => actorWidth(actor));
    const content =
      widths.reduce((sum, width) => sum + width + GAP, -GAP) + (name === null ? 0 : 2 * PAD);
    const title = boldWidth(name ?? "", SIZE.title) + 20 + textWidth(note, SIZE.small) + 2 * PAD;
    return Math.max(content, title);
  }

  #placeActor(actor: GraphActor, { x, y }: Pick<Box, "x" | "y">): Box {
    const firstEnd = this.#ends.length;
    const height = Math.max(...actor.components.map(componentHeight));
    let nextX = x + PAD;
    for (const component of actor.components) {
      const box = { x: nextX, y: y + HEAD, width: componentWidth(component), height };
      this.#components.push({ component, box });
      this.#placeEnds(component, box);
      nextX += box.width + GAP;
    }
    const below = y + HEAD + height;
    const bottom = this.#placeRails(this.#linksOf(actor.id), this.#ends.slice(firstEnd), below);
    const box = { x, y, width: actorWidth(actor), height: bottom + PAD - y };
    this.#actors.push({ actor, box });
    return box;
  }

  #placeEnds({ ports }: GraphComponent, { x, y, width, height }: Box): void {
    const free = width - ports.reduce((sum, port) => sum + portWidth(port), 0);
    let left = x + free / 2;
    for (const port of ports) {
      const drawn = port.linkIds.filter((id) => this.#graph.links.some((link) => link.id === id));
      const first = left + portWidth(port) / 2 - ((drawn.length - 1) * END) / 2;
      for (const [index, linkId] of drawn.entries())
        this.#ends.push({ port, linkId, x: first + index * END, y: y + height });
      left += portWidth(port);
    }
  }
}

function lastEnd({ ends }: Rail): number {
  return Math.max(...ends.map(({ x }) => x));
}

function rowsOf(
  boards: readonly GraphBoard[],
  widthOf: (board: GraphBoard) => number,
): readonly (readonly GraphBoard[])[] {
  const rows: GraphBoard[][] = [];
  let free = 0;
  for (const board of boards) {
    const width = widthOf(board) + 2 * GAP;
    const row = rows.at(-1);
    if (row === undefined || width > free) {
      rows.push([board]);
      free = ROW_WIDTH_MAX - width;
    } else {
      row.push(board);
      free -= width;
    }
  }
  return rows;
}

function isOn(row: readonly GraphBoard[], linkId: string): boolean {
  return row.some(({ actors }) =>
    actors.some(({ components }) =>
      components.some(({ ports }) => ports.some(({ linkIds }) => linkIds.includes(linkId))),
    ),
  );
}

function actorWidth(actor: GraphActor): number {
  const widths = actor.components.map(componentWidth);
  const content = widths.reduce((sum, width) => sum + width + GAP, -GAP) + 2 * PAD;
  return Math.max(content, textWidth(actorTitle(actor), SIZE.name) + 2 * PAD);
}

function componentWidth({ name, type, isDevice, timers, ports }: GraphComponent): number {
  const texts = [
    boldWidth(name, SIZE.name) + (isDevice ? 24 : 0),
    textWidth(isDevice ? `device ${type}` : type, SIZE.small),
    ...timers.map((timer) => textWidth(timer, SIZE.small) + 18),
  ];
  const row = ports.reduce((sum, port) => sum + portWidth(port), 0);
  return Math.max(96, ...texts.map((width) => width + 2 * PAD), row + PAD);
}

function componentHeight({ timers, ports }: GraphComponent): number {
  return PAD + SIZE.line * (2 + timers.length) + (ports.length === 0 ? 2 : 24);
}

function portWidth({ name, linkIds }: GraphPort): number {
  return Math.max(textWidth(name, SIZE.port) + 14, linkIds.length * END + 14);
}
