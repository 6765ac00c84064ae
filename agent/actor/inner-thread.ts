import type { AnyDefinition } from "../component/define.ts";
import type { Ins } from "../component/ports.ts";
import type { InnerThread, ThreadContext } from "../component/thread.ts";
import { AgentError } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import type { Channel } from "../core/spawner.ts";
import { aborted } from "../core/waiting.ts";
import type { World } from "../core/world.ts";
import type { Parameters } from "../model/instances.ts";
import type { LoadApplication } from "./load-application.ts";
import { ThreadInbox, WorkToken } from "./thread-inbox.ts";

/** What the program of an inner thread is told at its start. */
export interface InnerThreadOptions {
  readonly appName: string;
  readonly codeUrl?: string;
  readonly componentType: string;
  /** Of the component. */
  readonly parameters: Parameters;
  /** Its name in the component's code. */
  readonly thread: string;
  /** Actor, component and thread, such as "feeder/meter/poller". */
  readonly name: string;
}

/** What a component sends its thread: a message of the port's type `down`. */
export interface ToInnerThread {
  readonly frame: Uint8Array;
}

/** What a thread sends its component. */
export type FromInnerThread =
  /** A message of the port's type `up`. */
  | { readonly kind: "up"; readonly frame: Uint8Array }
  /** So many messages were dropped because too many waited. */
  | { readonly kind: "lost"; readonly count: number }
  /** It ended by itself, and nothing is wrong. */
  | { readonly kind: "done" };

type AnyIns = Ins<unknown, unknown>;
type AnyThread = InnerThread<Readonly<Record<string, AnyIns>>, string, unknown>;

/** The program of one inner thread of a device; options: InnerThreadOptions. */
export function innerThreadProgram(load: LoadApplication): Program {
  return async (world, rawOptions, parent, signal) => {
    const work = new WorkToken(world.activity);
    const options = rawOptions as InnerThreadOptions;
    const { inner, port, definition } = await threadOf(load, options);
    const tell = (message: FromInnerThread): void => parent.send(message);
    const lost = (count: number): void => tell({ kind: "lost", count });
    const inbox = new ThreadInbox<unknown>({ work, signal, lost });
    takeIn(world, parent, port, inbox);
    const context: ThreadContext<unknown, unknown> = {
      ...{ name: options.name, random: world.random, signal },
      clock: {
        utcUs: () => world.clock.utcUs(),
        async sleep(durationMs) {
          const untilUtcUs = world.clock.utcUs() + durationMs * 1000;
          work.rest();
          // Who sleeps for ever waits for the end alone: no clock has to come there.
          if (Number.isFinite(untilUtcUs)) await world.clock.sleepUntilUtc(untilUtcUs, signal);
          else await aborted(signal);
          work.resume();
        },
      },
      received: () => inbox.received(),
      send(message) {
        const frame = port.up.encode(message);
        world.activity.sent(1);
        tell({ kind: "up", frame });
      },
      log: (level, event, facts) => world.log.write(level, event, facts),
    };
    await inner.run(context, definition.options(options.parameters) as unknown);
    tell({ kind: "done" });
    work.rest();
  };
}

function takeIn(world: World, parent: Channel, port: AnyIns, inbox: ThreadInbox<unknown>): void {
  parent.receive((raw) => {
    const message = port.down.decode((raw as ToInnerThread).frame);
    // Delivered before it counts as received: logical time has to see the work first.
    if (message !== undefined) inbox.push(message);
    world.activity.received(1);
  });
}

async function threadOf(
  load: LoadApplication,
  { appName, codeUrl, componentType, thread }: InnerThreadOptions,
): Promise<{
  readonly inner: AnyThread;
  readonly port: AnyIns;
  readonly definition: AnyDefinition;
}> {
  const { components } = await load(appName, codeUrl);
  const definition = components[componentType];
  const inner = (definition?.threads as Readonly<Record<string, AnyThread>> | undefined)?.[thread];
  const ports = definition?.ports as Readonly<Record<string, AnyIns>> | undefined;
  const port = inner && ports?.[inner.port];
  if (definition === undefined || inner === undefined || port === undefined)
    throw new AgentError("COMPONENT_UNKNOWN", { app: appName, component: componentType, thread });
  return { inner, port, definition };
}
