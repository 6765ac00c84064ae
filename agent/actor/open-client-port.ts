import type { PortInstance, QueuePolicy } from "../model/instances.ts";
import { ClientPort } from "../ports/client-port.ts";
import { QUERIES_MAX, QueryPort } from "../ports/query-port.ts";
import { RequestPort } from "../ports/request-port.ts";
import { isTimed, laneOf, type OpenedPort, type PortOf, type PortOwner } from "./opened-port.ts";
import { countersOf } from "./port-counters.ts";

/** Of ports that bound by themselves how many outcomes wait. */
const BOUNDED: QueuePolicy = { lengthMax: Infinity, whenFull: "dropNewest" };

/** A requesting port that has a server of theirs asks no other. */
function clientOf(
  { world, foreign }: PortOwner,
  port: PortOf<"clt" | "req" | "qry">,
  model: PortInstance,
): { client: ClientPort<unknown, unknown>; needs: Pick<OpenedPort, "follow" | "links"> } {
  const client = new ClientPort<unknown, unknown>(world, port, { isTimed: isTimed(model) });
  const links: OpenedPort["links"] = () => client.links();
  if (foreign.length === 0)
    return { client, needs: { follow: (endpoints) => client.follow(endpoints), links } };
  client.follow(foreign);
  return { client, needs: { links } };
}

/** Opens a clt port. */
export function openClt(owner: PortOwner, port: PortOf<"clt">, model: PortInstance): OpenedPort {
  const { client, needs } = clientOf(owner, port, model);
  const call = (request: unknown, timeoutMs: number): Promise<unknown> =>
    client.request(request, timeoutMs);
  return { ...needs, call, close: client, counters: () => countersOf(undefined, client) };
}

/** Opens a req port: it says itself how many outcomes may wait. */
export function openReq(owner: PortOwner, port: PortOf<"req">, model: PortInstance): OpenedPort {
  const { client, needs } = clientOf(owner, port, model);
  const lane = owner.scheduler.lane({
    ...laneOf(model),
    policy: BOUNDED,
    run({ handler, message, arrival }) {
      opened.free();
      return owner.handle(handler, message, arrival);
    },
  });
  const opened = new RequestPort<unknown, unknown>(client, ({ answer, sentUtcUs }) =>
    lane.push(answer, sentUtcUs),
  );
  const call = (request: unknown, timeoutMs: number): string => opened.request(request, timeoutMs);
  return { ...needs, call, close: opened, counters: () => countersOf(lane, client) };
}

/** Opens a qry port; the length of its queue is how many queries may be outstanding. */
export function openQry(owner: PortOwner, port: PortOf<"qry">, model: PortInstance): OpenedPort {
  const { client, needs } = clientOf(owner, port, model);
  const lane = owner.scheduler.lane({
    ...laneOf(model),
    policy: BOUNDED,
    run({ handler, message, detail, arrival }) {
      opened.free();
      return owner.handle(handler, message, detail, arrival);
    },
  });
  const opened = new QueryPort<unknown, unknown>(
    client,
    ({ answer, sentUtcUs }, queryId) => lane.push(answer, sentUtcUs, queryId),
    ("queue" in model ? model.queue?.lengthMax : undefined) ?? QUERIES_MAX,
  );
  const call = (request: unknown, timeoutMs: number): number => opened.ask(request, timeoutMs);
  return { ...needs, call, close: opened, counters: () => countersOf(lane, client) };
}
