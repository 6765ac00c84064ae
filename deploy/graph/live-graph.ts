import type { ActorRates, BoardRates, PortRates } from "../watch/board-rates.ts";
import type { Graph, GraphActor, GraphPort } from "./graph.ts";

/**
 * The graph with what passes through it: behind every port its messages a second and, where it needs a provider
 * and has none, "no peer"; behind every actor whether it is missing. Any writer can draw it. Pure.
 */
export function liveGraph(graph: Graph, boards: readonly BoardRates[]): Graph {
  const liveActors = new Map(boards.map(({ board, actors }) => [board, actors]));
  return {
    ...graph,
    boards: graph.boards.map((board) => {
      const actors = liveActors.get(board.name ?? "");
      const of = (name: string): ActorRates | undefined =>
        actors?.find(({ actor, application }) => actor === name && application === graph.appName);
      const note = actors === undefined ? noted(board.note, "no answer") : board.note;
      return {
        ...board,
        note,
        actors: board.actors.map((actor) => liveActor(actor, of(actor.name))),
      };
    }),
  };
}

function liveActor(actor: GraphActor, live: ActorRates | undefined): GraphActor {
  if (live === undefined) return { ...actor, note: noted(actor.note, "not running") };
  const components = actor.components.map((component) => ({
    ...component,
    ports: component.ports.map((port) =>
      livePort(
        port,
        live.ports.find((each) => each.component === component.name && each.port === port.name),
      ),
    ),
  }));
  return { ...actor, note: live.isSilent ? noted(actor.note, "silent") : actor.note, components };
}

function livePort(port: GraphPort, live: PortRates | undefined): GraphPort {
  if (live === undefined) return port;
  const rate = live.messagesPerS === null ? [] : [`${live.messagesPerS.toFixed(1)}/s`];
  const peers = live.peerCount === 0 ? ["no peer"] : [];
  const lost = live.lostCount > 0 ? [`${live.lostCount} lost`] : [];
  return { ...port, name: [port.name, ...rate, ...peers, ...lost].join(" ") };
}

function noted(note: string, more: string): string {
  return note === "" ? more : `${note}, ${more}`;
}
