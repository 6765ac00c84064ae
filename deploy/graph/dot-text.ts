import type {
  Graph,
  GraphActor,
  GraphBoard,
  GraphComponent,
  GraphLink,
  LinkScope,
} from "./graph.ts";
import { actorTitle, componentLines } from "./labels.ts";

const LINES: Readonly<Record<LinkScope, string>> = {
  global: "solid",
  local: "dashed",
  internal: "dotted",
  foreign: "bold",
};

/** The graph in the language of Graphviz: boards and actors as clusters, a node for every link. */
export function dotText({ appName, boards, links }: Graph): string {
  const lines = [
    `digraph ${quoted(appName)} {`,
    "  rankdir=LR;",
    '  node [fontname="sans-serif", fontsize=11]; edge [fontname="sans-serif", fontsize=9];',
    ...boards.flatMap((board) => boardLines(board, links)),
    ...links.filter(({ homeId }) => homeId === null).map((link) => `  ${linkText(link)}`),
    ...boards.flatMap(({ actors }) =>
      actors.flatMap(({ components }) => components.flatMap((each) => edgeLines(each, links))),
    ),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

function boardLines({ id, name, note, actors }: GraphBoard, links: readonly GraphLink[]): string[] {
  const inner = [
    ...actors.flatMap((actor) => actorLines(actor, links)),
    ...links.filter(({ homeId }) => homeId === id).map((link) => `  ${linkText(link)}`),
  ];
  if (name === null) return inner;
  const label = quoted([name, note].filter((line) => line !== "").join("\n"));
  return [
    `  subgraph cluster_${id} {`,
    `    label=${label}; style=rounded;`,
    ...indented(inner),
    "  }",
  ];
}

function actorLines(actor: GraphActor, links: readonly GraphLink[]): string[] {
  const inside = links.filter(({ homeId }) => homeId === actor.id);
  return [
    `  subgraph cluster_${actor.id} {`,
    `    label=${quoted(actorTitle(actor))}; style=filled; color="#f4f6f8";`,
    ...actor.components.map((component) => `    ${nodeText(component)}`),
    ...inside.map((link) => `    ${linkText(link)}`),
    "  }",
  ];
}

function nodeText(component: GraphComponent): string {
  const look = component.isDevice
    ? 'shape=box3d, style=filled, fillcolor="#fff3dc"'
    : 'shape=box, style="rounded,filled", fillcolor=white';
  return `${component.id} [label=${quoted(componentLines(component).join("\n"))}, ${look}];`;
}

function linkText({ id, label, scope, isAlone }: GraphLink): string {
  const color = isAlone ? ', color="#c0392b", fontcolor="#c0392b"' : "";
  return `${id} [label=${quoted(label)}, shape=${scope === "foreign" ? "cds" : "plaintext"}${color}];`;
}

function edgeLines({ id, ports }: GraphComponent, links: readonly GraphLink[]): string[] {
  return ports.flatMap(({ name, direction, linkIds }) =>
    links
      .filter((link) => linkIds.includes(link.id))
      .map((link) => {
        const [from, to] = direction === "out" ? [id, link.id] : [link.id, id];
        return `  ${from} -> ${to} [style=${LINES[link.scope]}, ${direction === "out" ? "tail" : "head"}label=${quoted(name)}];`;
      }),
  );
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
