import type {
  Graph,
  GraphActor,
  GraphBoard,
  GraphComponent,
  GraphLink,
  LinkScope,
} from "./graph.ts";
import { actorTitle, componentLines } from "./labels.ts";

const ARROWS: Readonly<Record<LinkScope, string>> = {
  global: "==>",
  local: "-->",
  internal: "-.->",
  foreign: "==>",
};

/** The graph as a Mermaid flow chart: boards and actors as subgraphs, a node for every link. */
export function mermaidText({ boards, links }: Graph): string {
  const lines = [
    "flowchart LR",
    ...boards.flatMap((board) => boardLines(board, links)),
    ...links.filter(({ homeId }) => homeId === null).map((link) => `  ${linkText(link)}`),
    ...boards.flatMap(({ actors }) =>
      actors.flatMap(({ components }) => components.flatMap((each) => edgeLines(each, links))),
    ),
    "  classDef device fill:#fff3dc,stroke:#b7791f",
    "  classDef message fill:#eef4fb,stroke:#3b6ea5",
    "  classDef foreign fill:#eef8f0,stroke:#2f7d4f",
    "  classDef alone fill:#fdecea,stroke:#c0392b",
  ];
  return `${lines.join("\n")}\n`;
}

function boardLines({ id, name, note, actors }: GraphBoard, links: readonly GraphLink[]): string[] {
  const inner = [
    ...actors.flatMap((actor) => actorLines(actor, links)),
    ...links.filter(({ homeId }) => homeId === id).map((link) => `  ${linkText(link)}`),
  ];
  if (name === null) return inner;
  const title = [name, note].filter((line) => line !== "").join(": ");
  return [`  subgraph ${id}[${quoted(title)}]`, ...inner.map((line) => `  ${line}`), "  end"];
}

function actorLines(actor: GraphActor, links: readonly GraphLink[]): string[] {
  return [
    `  subgraph ${actor.id}[${quoted(actorTitle(actor))}]`,
    ...actor.components.map((component) => `    ${nodeText(component)}`),
    ...links.filter(({ homeId }) => homeId === actor.id).map((link) => `    ${linkText(link)}`),
    "  end",
  ];
}

function nodeText(component: GraphComponent): string {
  const label = quoted(componentLines(component).join("\n"));
  return component.isDevice ? `${component.id}[[${label}]]:::device` : `${component.id}[${label}]`;
}

function linkText({ id, label, scope, isAlone }: GraphLink): string {
  const kind = isAlone ? "alone" : scope === "foreign" ? "foreign" : "message";
  return `${id}([${quoted(label)}]):::${kind}`;
}

function edgeLines({ id, ports }: GraphComponent, links: readonly GraphLink[]): string[] {
  return ports.flatMap(({ name, direction, linkIds }) =>
    links
      .filter((link) => linkIds.includes(link.id))
      .map((link) => {
        const [from, to] = direction === "out" ? [id, link.id] : [link.id, id];
        return `  ${from} ${ARROWS[link.scope]}|${quoted(name)}| ${to}`;
      }),
  );
}

// Mermaid takes entities in quoted text, and <br/> for a new line.
function quoted(text: string): string {
  const safe = text
    .replaceAll("#", "#35;")
    .replaceAll("&", "#amp;")
    .replaceAll("<", "#lt;")
    .replaceAll('"', "#quot;");
  return `"${safe.replaceAll("\n", "<br/>")}"`;
}
