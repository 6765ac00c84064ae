import { actorProgram } from "../../agent/actor/actor-program.ts";
import type { Addressed, CrewOptions, ToActor, ToAgent } from "../../agent/actor/protocol.ts";
import type { AnyDefinition, Application } from "../../agent/component/define.ts";
import type { Program } from "../../agent/core/program.ts";
import type { Channel } from "../../agent/core/spawner.ts";
import type { ActorInstance } from "../../agent/model/instances.ts";
import type { Journal } from "./journal.ts";
import type { LinkTable } from "./link-table.ts";
import { observedApplication } from "./observed-application.ts";
import { PROBE } from "./probe.ts";
import type { Failure } from "./simulated-application.ts";

/** What the actors of a run are made of, and who is told about them. */
export interface Watch {
  readonly application: Application;
  /** The test's component. */
  readonly definition: AnyDefinition;
  /** All actors of the deployment. */
  readonly placed: readonly ActorInstance[];
  readonly journal: Journal;
  readonly links: LinkTable;
  readonly failures: Failure[];
}

/** The program of actors; what they say to their agents and how they fail is seen on the way. */
export function watchedActor(watch: Watch): Program {
  const { application, definition, placed, journal, links, failures } = watch;
  return async (world, options, parent, signal) => {
    const { actors } = options as CrewOptions;
    const board = actors[0]?.board ?? "";
    const observed = observedApplication(application, board, journal);
    const components = { ...observed.components, [PROBE]: definition };
    const program = actorProgram(() => Promise.resolve({ ...observed, components }));
    // A component in a thread of its own is a part of its actor, which speaks and fails for it.
    if (actors.some((actor) => isPartOf(placed, actor)))
      return program(world, options, parent, signal);
    for (const { instanceName } of actors) links.started({ board, actor: instanceName });
    try {
      await program(world, options, overheard(parent, board, links), signal);
    } catch (error) {
      const actor = actors.map(({ instanceName }) => instanceName).join("+");
      failures.push({ board, actor, error });
      throw error;
    }
  };
}

/** Whether `actor` is one component only of what the deployment has under its name. */
function isPartOf(placed: readonly ActorInstance[], actor: ActorInstance): boolean {
  const whole = placed.find(
    ({ board, instanceName }) => board === actor.board && instanceName === actor.instanceName,
  );
  const isThreaded = (name: string): boolean =>
    whole?.components.find((component) => component.name === name)?.inWorker === true;
  return actor.components.every(({ name, inWorker }) => !inWorker && isThreaded(name));
}

function overheard(parent: Channel, board: string, links: LinkTable): Channel {
  return {
    ...parent,
    send(raw) {
      const { actor, message } = raw as Addressed<ToAgent>;
      links.told({ board, actor }, message);
      parent.send(raw);
    },
    receive(receiver) {
      parent.receive((raw) => {
        const { actor, message } = raw as Addressed<ToActor>;
        links.heard({ board, actor }, message);
        receiver(raw);
      });
    },
  };
}
