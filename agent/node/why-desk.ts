import type { PortMeasure } from "../actor/port-counters.ts";
import { placeOfKey } from "../actor/provider-key.ts";
import type { Params } from "../control/control-method.ts";
import { textParam } from "../control/read-params.ts";
import type { Json } from "../core/rpc.ts";
import type { World } from "../core/world.ts";
import { idOfPublicKey } from "../dht/ids.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { ActorInstance } from "../model/instances.ts";
import { decodeVersions, versionOf } from "./application-version.ts";
import type { RunningActors } from "./applications.ts";
import { type ExpectedProvider, expectedProviders } from "./expected-providers.ts";
import type { ActorMeasure, MeasureDesk } from "./measure-desk.ts";
import type { NodeOptions } from "./node-options.ts";
import type { StatusTable } from "./status-table.ts";
import { type BoardFacts, type PortFacts, type Reason, standingOf } from "./why-rule.ts";

/** What the desk looks at. */
export interface WhyParts {
  readonly world: Pick<World, "clock">;
  readonly options: NodeOptions;
  readonly applications: () => readonly RunningActors[];
  readonly status: StatusTable;
  readonly discovery: Discovery;
  readonly measures: MeasureDesk;
}

/** How one port stands; plain data. */
export interface PortStanding {
  /** Application, actor, component and port, such as "Tiny/r.sink.tick". */
  readonly port: string;
  readonly kind: string;
  /** none: it connects to nobody. */
  readonly state: "connected" | "partly" | "unconnected" | "none";
  readonly peerCount: number;
  readonly reasons: readonly Reason[];
}

/** Kinds of ports that connect to others; timers and the like need nobody. */
const REQUIRING: readonly string[] = ["sub", "clt", "req", "qry", "group"];

/**
 * Why the ports of this board are not connected: asks the actors how far they have come, and puts it
 * together with what discovery and the deployment know. `port` of `params`: [APP/]ACTOR.COMPONENT.PORT; default all.
 */
export async function whyOf(parts: WhyParts, params: Params): Promise<Json> {
  const { board } = parts.options;
  const wanted = textParam(params, "port");
  const measured = new Map((await parts.measures.links()).map((each) => [each.actor, each]));
  const ports = parts
    .applications()
    .flatMap((application) => {
      const around = aroundOf(parts, application);
      return application.instances.flatMap((actor) =>
        standingsOf(around, actor, measured.get(actor.instanceName)),
      );
    })
    .filter(({ port }) => wanted === undefined || port === wanted || port.endsWith(`/${wanted}`));
  return { board, ports: ports as readonly object[] as readonly Json[] };
}

/** What all ports of the board share. */
interface Around {
  readonly parts: WhyParts;
  readonly states: ReadonlyMap<string, string>;
  readonly expected: readonly ExpectedProvider[];
  readonly boardOf: (board: string) => BoardFacts;
  readonly ownerOf: (ownerId: string | null) => string | null;
  readonly version: string;
  readonly clockBoundUs: number | null;
}

function aroundOf(parts: WhyParts, { appName, texts }: RunningActors): Around {
  const { world, options, status, discovery } = parts;
  const { board: own } = options;
  const members = discovery.membership.members();
  const owners = new Map(
    members.map(({ publicKey, boardId }) => [idOfPublicKey(publicKey), boardId]),
  );
  const present = new Map(members.map((member) => [member.boardId, member]));
  const refused = new Map(discovery.membership.refused.map((each) => [each.boardId, each]));
  const boards = [own, ...present.keys()];
  const { utcUs, earliestUtcUs, latestUtcUs } = world.clock.reading();
  const boundUs = Math.ceil(Math.max(utcUs - earliestUtcUs, latestUtcUs - utcUs));
  return {
    parts,
    states: new Map(status.states),
    expected: expectedProviders(texts, boards),
    ownerOf: (ownerId) => (ownerId === null ? own : (owners.get(ownerId) ?? null)),
    boardOf: (board) => {
      const member = present.get(board);
      const versions = decodeVersions(member?.meta ?? new Uint8Array());
      const theirs = versions.get(appName) ?? null;
      const refusal = member === undefined ? refused.get(board) : undefined;
      const state = member === undefined ? (refusal?.kind ?? "absent") : "present";
      return { state, from: refusal?.from ?? "", version: theirs };
    },
    version: versionOf(appName, texts).version,
    clockBoundUs: Number.isFinite(boundUs) ? boundUs : null,
  };
}

function standingsOf(
  around: Around,
  actor: ActorInstance,
  measured: ActorMeasure | undefined,
): readonly PortStanding[] {
  const { appName, instanceName } = actor;
  const state = around.states.get(instanceName) ?? "ended";
  const isUp = state === "active" || state === "hanging";
  return actor.components.flatMap(({ name: component, ports }) => {
    const told = measured?.components.find((each) => each.component === component);
    const nameOf = (port: string): string => `${appName}/${instanceName}.${component}.${port}`;
    const groups = (told?.ports ?? []).filter(({ kind }) => kind === "group");
    return [
      ...ports.map(({ name, kind }) => {
        const found = told?.ports.find((each) => each.port === name);
        if (found !== undefined) return standing(around, actor, { found, name: nameOf(name) });
        const reason: Reason = !isUp
          ? { kind: "actor-down", state }
          : { kind: told === undefined ? "actor-silent" : "not-opened" };
        const needsNone = !REQUIRING.includes(kind);
        return {
          ...{ port: nameOf(name), kind, peerCount: 0 },
          state: needsNone ? ("none" as const) : ("unconnected" as const),
          reasons: needsNone ? [] : [reason],
        };
      }),
      ...groups.map((found) => standing(around, actor, { found, name: nameOf(found.port) })),
    ];
  });
}

function standing(
  around: Around,
  { board }: ActorInstance,
  { found, name }: { readonly found: PortMeasure; readonly name: string },
): PortStanding {
  const { kind, links: told } = found;
  if (told === undefined || told === null)
    return { port: name, kind, state: "none", peerCount: 0, reasons: [] };
  const { key, isTimed, links } = told;
  const { registry } = around.parts.discovery;
  // Who has servers of others alone meets nobody by a key.
  const { topic, variant } = key === null ? { topic: "", variant: "" } : placeOfKey(key);
  const { providers, others } = key === null ? { providers: [], others: [] } : registry.known(key);
  const { expected, boardOf, ownerOf, version, clockBoundUs } = around;
  const facts: PortFacts = {
    ...{ board, kind, topic, variant, isTimed, links, boardOf, version, clockBoundUs },
    known: providers.map(({ endpoint, ownerId }) => ({ endpoint, board: ownerOf(ownerId) })),
    others: others.map(({ endpoint, ownerId, variant: other }) => ({
      ...{ endpoint, variant: other },
      board: ownerOf(ownerId),
    })),
    expected: expected.filter((each) => each.topic === topic).map(whoOf),
    local: expected
      .filter((each) => each.isLocal && each.topic.split("@")[0] === topic.split("@")[0])
      .map(whoOf),
  };
  const peerCount = links.filter(({ state }) => state === "connected").length;
  return { port: name, kind, peerCount, ...standingOf(facts) };
}

function whoOf({ board, actor, port }: ExpectedProvider): {
  readonly board: string;
  readonly provider: string;
} {
  return { board, provider: `${actor}.${port}` };
}
