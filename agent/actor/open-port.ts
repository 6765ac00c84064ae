import type { Task } from "../component/mailbox.ts";
import type { Ins, Port } from "../component/ports.ts";
import type { World } from "../core/world.ts";
import type { InsidePortInstance, PortInstance } from "../model/instances.ts";
import { ClientPort } from "../ports/client-port.ts";
import { PublisherPort } from "../ports/publisher-port.ts";
import { ServerPort } from "../ports/server-port.ts";
import { SubscriberPort } from "../ports/subscriber-port.ts";
import { TimerPort } from "../ports/timer-port.ts";
import type { InsidePort } from "./inside-port.ts";

/** A port of one component, opened; only the sides that its kind has are set. */
export interface OpenedPort {
  /** What the component calls: a function, or a timer's control. */
  readonly call?: unknown;
  /** Where others reach it. */
  readonly endpoint?: string;
  /** Takes the endpoints of its providers. */
  readonly follow?: (endpoints: readonly string[]) => void;
  readonly timer?: TimerPort;
  /** The threads at its other end. */
  readonly inside?: InsidePort;
  readonly close?: AsyncDisposable;
}

/** What a port needs of its component. */
export interface PortOwner {
  readonly world: World;
  /** Queues a task in the component's mailbox. */
  readonly post: (task: Task) => boolean;
  /** Calls the handler of the port called `name`. */
  readonly handle: (name: string, argument: unknown) => unknown;
  /** Opens the component's end of an inside port. */
  readonly inside: (port: Ins<unknown, unknown>, model: InsidePortInstance) => InsidePort;
}

/** Opens one port as the code declares it; the model gives its name and its period. */
export async function openPort(
  owner: PortOwner,
  port: Port,
  model: PortInstance,
): Promise<OpenedPort> {
  const { world, post, handle } = owner;
  const { name } = model;
  switch (port.kind) {
    case "pub": {
      const opened = await PublisherPort.open(world.wire, world.activity, port.message);
      const call = (message: unknown): void => opened.publish(message);
      return { call, endpoint: opened.endpoint, close: opened };
    }
    case "sub": {
      const opened = new SubscriberPort<unknown>(world, port.message, (message) => {
        post(() => handle(name, message) as Promise<void>);
      });
      return { follow: (endpoints) => opened.follow(endpoints), close: opened };
    }
    case "clt": {
      const opened = new ClientPort<unknown, unknown>(world, port);
      const call = (request: unknown, timeoutMs: number): Promise<unknown> =>
        opened.request(request, timeoutMs);
      return { call, follow: (endpoints) => opened.follow(endpoints), close: opened };
    }
    case "srv": {
      const opened = await ServerPort.open<unknown, unknown>(
        world.wire,
        port,
        (request, answer) => {
          post(async () => answer(await handle(name, request)));
        },
      );
      return { endpoint: opened.endpoint, close: opened };
    }
    case "tim": {
      const periodMs = (model.kind === "timer" ? model.periodMs : null) ?? undefined;
      const timer = new TimerPort(world.clock, periodMs, (dueUtcUs) => {
        post(() => handle(name, dueUtcUs) as Promise<void>);
      });
      const call = {
        fireAtUtc: (utcUs: number) => timer.fireAtUtc(utcUs),
        cancel: () => timer.cancel(),
      };
      return { call, timer };
    }
    case "ins": {
      const inside = owner.inside(port, model as InsidePortInstance);
      return { call: inside.send, inside, close: inside };
    }
    case "req":
    case "rep":
    case "qry":
    case "ans":
      throw new Error(`ports of kind ${port.kind} cannot be opened yet`);
  }
}
