import type { Port } from "../component/ports.ts";
import type { PortInstance, QueuePolicy } from "../model/instances.ts";
import { PublisherPort } from "../ports/publisher-port.ts";
import { SubscriberPort } from "../ports/subscriber-port.ts";
import { TimerPort } from "../ports/timer-port.ts";
import { openClt, openQry, openReq } from "./open-client-port.ts";
import { openInside } from "./open-inside-port.ts";
import { openServer } from "./open-server-port.ts";
import { isTimed, laneOf, type OpenedPort, type PortOf, type PortOwner } from "./opened-port.ts";
import { countersOf } from "./port-counters.ts";

/** Messages that a port which asked its publishers to wait still takes: those on their way. */
const HELD_SLACK_MAX = 2_048;
/** At most one tick of a timer waits; those behind it are missed. */
const ONE_TICK: QueuePolicy = { lengthMax: 1, whenFull: "dropNewest" };

/** Opens one port as the code declares it; the model gives its name, its times and its queue. */
export async function openPort(
  owner: PortOwner,
  port: Port,
  model: PortInstance,
): Promise<OpenedPort> {
  switch (port.kind) {
    case "pub":
      return openPub(owner, port, model);
    case "sub":
      return openSub(owner, port, model);
    case "clt":
      return openClt(owner, port, model);
    case "req":
      return openReq(owner, port, model);
    case "qry":
      return openQry(owner, port, model);
    case "srv":
    case "rep":
    case "ans":
      return openServer(owner, port, model);
    case "tim":
      return openTimer(owner, model);
    case "ins":
      return openInside(owner, port, model);
  }
}

async function openPub(
  owner: PortOwner,
  port: PortOf<"pub">,
  model: PortInstance,
): Promise<OpenedPort> {
  const { world, scheduler, bind } = owner;
  const opened = await PublisherPort.open<unknown>(world, port.message, {
    ...bind,
    isTimed: isTimed(model),
    lost: (copyCount) => scheduler.unsent(model.name, copyCount),
  });
  return {
    call: (message: unknown): void => opened.publish(message),
    endpoint: opened.endpoint,
    close: opened,
    counters: () =>
      countersOf(undefined, {
        sentCount: opened.publishedCount,
        droppedCount: opened.droppedCount,
      }),
  };
}

function openSub(owner: PortOwner, port: PortOf<"sub">, model: PortInstance): OpenedPort {
  const { world, scheduler, handle, foreign } = owner;
  const lane = scheduler.lane({
    ...laneOf(model),
    slackMax: HELD_SLACK_MAX,
    run: ({ handler, message, arrival }) => handle(handler, message, arrival),
    hold: (isFull) => opened.hold(isFull),
  });
  const opened = new SubscriberPort<unknown>(world, port.message, (message, sentUtcUs) =>
    lane.push(message, sentUtcUs),
  );
  if (foreign.length > 0) opened.follow(foreign);
  return {
    follow: (endpoints) => opened.follow([...endpoints, ...foreign]),
    links: () => opened.links(),
    close: opened,
    counters: () => countersOf(lane, opened),
  };
}

function openTimer({ world, scheduler, handle }: PortOwner, model: PortInstance): OpenedPort {
  const lane = scheduler.lane({
    ...laneOf(model),
    policy: ONE_TICK,
    run: ({ handler, message }) => handle(handler, message),
  });
  const periodMs = (model.kind === "timer" ? model.periodMs : null) ?? undefined;
  const timer: TimerPort = new TimerPort(
    world.clock,
    periodMs,
    (dueUtcUs) => {
      const isStale = scheduler.isPaused && timer.periodMs !== undefined;
      if (isStale || lane.length > 0) timer.missedCount += 1;
      else lane.push(dueUtcUs);
    },
    () => lane.forget(),
  );
  return { call: timer, timer, counters: () => countersOf(lane, timer) };
}
