import type { Job, JobEnd, Lane } from "../component/lane.ts";
import type { PortInstance } from "../model/instances.ts";
import { type ServedRequest, ServerPort } from "../ports/server-port.ts";
import { isTimed, laneOf, type OpenedPort, type PortOf, type PortOwner } from "./opened-port.ts";
import { countersOf } from "./port-counters.ts";

/** Opens a srv, rep or ans port: they differ in when a request is answered, and when the next one comes. */
export async function openServer(
  owner: PortOwner,
  port: PortOf<"srv" | "rep" | "ans">,
  model: PortInstance,
): Promise<OpenedPort> {
  const { world, scheduler, bind } = owner;
  const lane: Lane = scheduler.lane({
    ...laneOf(model),
    run: (job) => RUNS[port.kind](owner, job, lane),
    ended: refuseUnhandled,
  });
  const opened = await ServerPort.open<unknown, unknown>(
    world,
    port,
    (request, served) => lane.push(request, served.sentUtcUs, served),
    { ...bind, isTimed: isTimed(model) },
  );
  return {
    endpoint: opened.endpoint,
    close: opened,
    counters: () => countersOf(lane, opened),
  };
}

type Run = (owner: PortOwner, job: Job, lane: Lane) => unknown;

const RUNS: Readonly<Record<"srv" | "rep" | "ans", Run>> = {
  srv: ({ handle }, { handler, message, detail, arrival }) => {
    const served = detail as ServedRequest<unknown>;
    const reply = handle(handler, message, arrival);
    if (reply instanceof Promise) return reply.then((value) => served.answer(value));
    served.answer(reply);
    return undefined;
  },
  rep: ({ handle }, { handler, message, detail, arrival }, lane) => {
    // The next request waits until this one is answered, here or later.
    const served = detail as ServedRequest<unknown>;
    lane.isBlocked = true;
    served.settled = () => {
      lane.isBlocked = false;
    };
    return handle(handler, message, served, arrival);
  },
  ans: ({ handle }, { handler, message, detail, arrival }) =>
    handle(handler, message, detail, arrival),
};

/** Whoever asked learns at once that no answer will come; but not when the policy is to drop. */
function refuseUnhandled({ detail }: Job, end: JobEnd): void {
  if (end !== "done" && end !== "dropped") (detail as ServedRequest<unknown>).refuse();
}
