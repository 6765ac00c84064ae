import { actorProgram } from "../../agent/actor/actor-program.ts";
import type { Program } from "../../agent/core/program.ts";
import type { Channel, Child, Spawner } from "../../agent/core/spawner.ts";
import type { World } from "../../agent/core/world.ts";
import { makeWorld } from "../../agent/io/real-world.ts";
import { ZmqWire } from "../../agent/io/zmq-wire.ts";
import { PROGRAMS } from "../../agent/main.ts";
import type { OwnPrograms } from "../process/own-programs.ts";
import { NODE_FLAGS, THREAD_HEAP } from "../process/process-world.ts";
import { experimentApplication } from "./application.ts";
import { type BoardEvent, nowUs } from "./events.ts";

/** Where a board's processes run; plain data. */
export interface BoardPlace {
  readonly board: string;
  readonly host: string;
  readonly broadcastHost: string;
  readonly dataFolder: string;
}

type Noted = Omit<BoardEvent, "board" | "atUs">;
type Note = (event: Noted) => void;

const CHILD_MODULE = new URL("./child.js", import.meta.url);
const THREAD_MODULE = new URL("./thread.js", import.meta.url);

/** Writes an event of this process where the experiment reads it. */
export function noteFor(board: string): Note {
  return (event) =>
    void process.stdout.write(`${JSON.stringify({ ...event, board, atUs: nowUs() })}\n`);
}

/**
 * The world of a board's processes as production has it, with ears: between agent and actors, and where links open.
 * So nothing under agent/ knows of the experiment, and what is measured does not depend on how discovery works.
 */
export function observedWorld(name: string, place: BoardPlace): World {
  const { host, broadcastHost, dataFolder, board } = place;
  const note = noteFor(board);
  const spawner = {
    ...{ mainModule: CHILD_MODULE, nodeFlags: NODE_FLAGS, world: place },
    ...{ threadModule: THREAD_MODULE, heap: THREAD_HEAP },
  };
  const base = { name, host, broadcastHost, dataFolder, spawner };
  const world = makeWorld({ ...base, assetsFolder: dataFolder, levelMin: "warn" });
  return {
    ...world,
    wire: new ZmqWire({ host, opened: (endpoint) => note({ kind: "connected", endpoint }) }),
    spawner: observedSpawner(world.spawner, note),
  };
}

/** The programs of a board with the experiments' application. */
export function observedPrograms(): OwnPrograms {
  let note: Note = () => undefined;
  const application = experimentApplication(() => note({ kind: "heard" }));
  const inner = actorProgram(() => Promise.resolve(application));
  const actor: Program = (world, options, parent, signal) =>
    inner(world, options, actorChannel(parent, note), signal);
  return {
    programs: { ...PROGRAMS, actor },
    makeWorld: (boot) => {
      const place = boot.world as BoardPlace;
      note = noteFor(place.board);
      return observedWorld(boot.name, place);
    },
  };
}

/** What passes between an agent and an actor, as far as an experiment wants to know. */
interface Passing {
  readonly message?: {
    readonly kind?: string;
    readonly endpoint?: string;
    readonly endpoints?: readonly string[];
  };
}

/** The agent's end: notes when an actor is told of providers. */
function observedSpawner(spawner: Spawner, note: Note): Spawner {
  const observed = (child: Child): Child => {
    const channel: Channel = {
      send(raw) {
        noteEndpoints(raw, "notified", note);
        child.channel.send(raw);
      },
      receive: (receiver) => child.channel.receive(receiver),
    };
    return {
      ...{ name: child.name, pid: child.pid, exited: child.exited, channel },
      kill: () => child.kill(),
      stop: () => child.stop(),
    };
  };
  return {
    spawn: (call) => observed(spawner.spawn(call)),
    survivors: () => spawner.survivors(),
  };
}

/** The actor's end: notes when it registers, and when it has heard of providers. */
function actorChannel(parent: Channel, note: Note): Channel {
  return {
    send(raw) {
      const { kind, endpoint } = (raw as Passing).message ?? {};
      if (kind === "provide" && endpoint !== undefined)
        note({ kind: "registered", as: "provider", endpoint });
      else if (kind === "require") note({ kind: "registered", as: "requester" });
      parent.send(raw);
    },
    receive: (receiver) =>
      parent.receive((raw) => {
        noteEndpoints(raw, "told", note);
        receiver(raw);
      }),
    ...(parent.renewed === undefined ? {} : { renewed: parent.renewed.bind(parent) }),
  };
}

function noteEndpoints(raw: unknown, kind: string, note: Note): void {
  const { message } = raw as Passing;
  if (message?.kind !== "peers") return;
  for (const endpoint of message.endpoints ?? []) note({ kind, endpoint });
}
