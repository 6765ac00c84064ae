import type { ForeignClause } from "../../agent/model/actor-options-model.ts";
import type { ActorType, AppModel, ComponentUse, Port } from "../../agent/model/app-model.ts";
import { COUNTERPART, type LinkPort, signature } from "../../agent/model/connection-rule.ts";
import type { DeploymentModel, PlacedActor } from "../../agent/model/deployment-model.ts";
import { namedBoards, placementOn, placesEverywhere } from "../../agent/model/placement-rule.ts";
import { messagesOf, scopeOfPort } from "../../agent/model/scope-rule.ts";
import { boardNote, type Crew, crewsOf } from "./crews.ts";
import type {
  Graph,
  GraphActor,
  GraphBoard,
  GraphComponent,
  GraphLink,
  GraphPort,
} from "./graph.ts";

const OUT: readonly LinkPort["kind"][] = ["pub", "clt", "req", "qry"];

/** What to draw of an application. */
export interface GraphOptions {
  /** Draws every actor by itself; else three or more of one type on a board are drawn as one. */
  readonly isEveryActor: boolean;
}

/**
 * The graph of an application that has passed its check: with a deployment every board with its
 * actors, without one every actor type once.
 */
export function buildGraph(
  app: AppModel,
  deployment: DeploymentModel | null,
  options: GraphOptions,
): Graph {
  return new GraphBuilder(app).build(deployment, options);
}

interface OpenLink {
  link: GraphLink;
  readonly directions: Set<GraphPort["direction"]>;
  /** Whether a port on it is linked with a program that is not ours. */
  isReplaced: boolean;
}

class GraphBuilder {
  readonly #app: AppModel;
  readonly #links = new Map<string, OpenLink>();

  constructor(app: AppModel) {
    this.#app = app;
  }

  build(deployment: DeploymentModel | null, options: GraphOptions): Graph {
    const boards =
      deployment === null
        ? [this.#board(0, { name: null, note: "", crews: everyType(this.#app) })]
        : boardsOf(deployment, options).map((board, index) => this.#board(index, board));
    const links = [...this.#links.values()]
      // A port whose only partner is a foreign program is drawn with that one alone.
      .filter(({ directions, isReplaced }) => !isReplaced || directions.size === 2)
      .map(({ link, directions }) => ({
        ...link,
        isAlone: link.scope !== "foreign" && directions.size < 2,
      }));
    const drawn = boards.filter(({ actors }) => actors.length > 0);
    return { appName: this.#app.name, boards: drawn, links };
  }

  #board(index: number, { name, note, crews }: Place): GraphBoard {
    const id = `b${index}`;
    return { id, name, note, actors: crews.flatMap((crew, at) => this.#actor(id, at, crew)) };
  }

  #actor(boardId: string, index: number, crew: Crew): GraphActor[] {
    const actor = this.#app.actors.find(({ name }) => name === crew.type);
    if (actor === undefined) return [];
    const id = `${boardId}a${index}`;
    const components = actor.instances.map((use, at) =>
      this.#component(use, {
        actor,
        boardId,
        actorId: id,
        id: `${id}c${at}`,
        foreign: crew.foreign,
      }),
    );
    const note = [
      ...(actor.isRealTime ? ["real-time"] : []),
      ...(crew.isShared ? ["shared process"] : []),
    ].join(", ");
    return [{ id, name: crew.name, type: crew.type, count: crew.count, note, components }];
  }

  #component(use: ComponentUse, home: Home): GraphComponent {
    const component = this.#app.components.find(({ name }) => name === use.component.name);
    const ports = component?.ports ?? [];
    return {
      id: home.id,
      name: use.name,
      type: use.component.name,
      isDevice: component?.isDevice ?? false,
      timers: ports.flatMap(timerText),
      ports: ports.flatMap((port) => this.#port(use, port, home)),
    };
  }

  #port(use: ComponentUse, port: Port, home: Home): GraphPort[] {
    if (!("message" in port) && !("request" in port)) return [];
    const direction = OUT.includes(port.kind) ? "out" : "in";
    const scope = scopeOfPort(home.actor, port);
    const homeId = { global: null, local: home.boardId, internal: home.actorId }[scope];
    const label = messagesOf(port).join(" / ");
    const family = [port.kind, COUNTERPART[port.kind]].sort().join();
    const own = this.#link(`${family} ${signature(port)} ${scope} ${homeId ?? ""}`, {
      label,
      scope,
      homeId,
    });
    const foreign = home.foreign
      .filter(({ component, port: { name } }) => component.name === use.name && name === port.name)
      .map(({ address }) => {
        const link = { label: address, scope: "foreign", homeId: null } as const;
        return this.#link(`foreign ${home.id} ${port.name} ${address}`, link);
      });
    own.directions.add(direction);
    if (foreign.length > 0) own.isReplaced = true;
    const linkIds = [own, ...foreign].map(({ link }) => link.id);
    return [{ name: port.name, kind: port.kind, direction, linkIds }];
  }

  #link(key: string, link: Pick<GraphLink, "label" | "scope" | "homeId">): OpenLink {
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const id = `l${this.#links.size}`;
    const opened: OpenLink = {
      link: { id, ...link, isAlone: false },
      directions: new Set(),
      isReplaced: false,
    };
    this.#links.set(key, opened);
    return opened;
  }
}

interface Home {
  readonly actor: ActorType;
  readonly boardId: string;
  readonly actorId: string;
  readonly id: string;
  readonly foreign: readonly ForeignClause[];
}

interface Place {
  readonly name: string | null;
  readonly note: string;
  readonly crews: readonly Crew[];
}

function everyType(app: AppModel): readonly Crew[] {
  return app.actors.map(({ name }) => ({
    name,
    type: name,
    count: 1,
    isShared: false,
    foreign: [],
  }));
}

function boardsOf(deployment: DeploymentModel, { isEveryActor }: GraphOptions): readonly Place[] {
  const placed = (names: readonly string[]): readonly PlacedActor[] =>
    placementOn(deployment, names).instances.map((instance) => instance.placed);
  const boards = namedBoards(deployment).map((name) => ({
    name,
    note: boardNote(deployment.boards.find((board) => board.name === name)),
    crews: crewsOf(placed([name]), isEveryActor),
  }));
  if (!placesEverywhere(deployment)) return boards;
  const name = boards.length === 0 ? "every board" : "every other board";
  return [...boards, { name, note: "", crews: crewsOf(placed([]), isEveryActor) }];
}

function timerText(port: Port): string[] {
  if (port.kind !== "timer") return [];
  return [`${port.name} ${port.periodMs === null ? "sporadic" : periodText(port.periodMs)}`];
}

function periodText(periodMs: number): string {
  if (periodMs % 60_000 === 0) return `${periodMs / 60_000} min`;
  return periodMs % 1000 === 0 ? `${periodMs / 1000} sec` : `${periodMs} msec`;
}
