import type { Incident, ToActor, ToAgent } from "../actor/protocol.ts";
import type { Notice } from "../component/life.ts";
import type { ActorInstance } from "../model/instances.ts";
import type { Crew } from "./crew-rule.ts";
import { IncidentRule } from "./incident-rule.ts";
import { serveLedger } from "./ledger-bridge.ts";
import { PortDesk } from "./port-desk.ts";
import type { SupervisorParts } from "./supervisor-parts.ts";

/** One life of a crew's program. */
export interface CrewLife {
  readonly crew: Crew;
  readonly pid: number;
  /** Aborts when the program has ended. */
  readonly signal: AbortSignal;
  /** Called when every actor has said that it is active. */
  readonly retold: (() => void) | undefined;
}

interface Member {
  readonly name: string;
  readonly send: (message: ToActor) => void;
  readonly ledgerCalls: ReturnType<typeof serveLedger>;
  readonly incidents: IncidentRule;
}

/** What the agent does for the actors of one program while it runs. */
export class CrewDesk {
  readonly #parts: Pick<SupervisorParts, "world" | "tell" | "health">;
  readonly #life: CrewLife;
  readonly #ports: PortDesk;
  readonly #members: ReadonlyMap<string, Member>;
  /** Actors that have not yet said that they are active. */
  readonly #awaited: Set<string>;

  /** `send` reaches one actor, by its name. */
  constructor(
    parts: SupervisorParts,
    life: CrewLife,
    send: (actor: string, message: ToActor) => void,
  ) {
    const { registry, settled, ledger, world } = parts;
    this.#parts = parts;
    this.#life = life;
    this.#ports = new PortDesk({ registry, settled, owner: String(life.pid) });
    const { actors } = life.crew;
    this.#awaited = new Set(actors.map(({ instanceName }) => instanceName));
    const member = ({ instanceName: name }: ActorInstance): readonly [string, Member] => {
      const sendTo = (message: ToActor): void => send(name, message);
      const bridge = { ledger, send: sendTo, log: world.log, signal: life.signal };
      const ledgerCalls = serveLedger(bridge);
      return [name, { name, send: sendTo, ledgerCalls, incidents: new IncidentRule() }];
    };
    this.#members = new Map(actors.map(member));
    for (const { name, send: sendTo } of this.#members.values()) parts.health.joins(name, sendTo);
  }

  /** Takes in what the program says. */
  heard(actor: string, message: Exclude<ToAgent, { kind: "traffic" | "measures" }>): void {
    const member = this.#members.get(actor);
    if (member === undefined) return;
    switch (message.kind) {
      case "provide":
      case "withdraw":
      case "require":
      case "release":
        this.#ports.take(actor, message, member.send);
        break;
      case "active":
        this.#active(actor);
        break;
      case "ledger":
      case "follow":
      case "event-done":
        member.ledgerCalls(message);
        break;
      case "fault":
      case "hang":
      case "deadline":
        this.#incident(member, message);
        break;
      case "health":
        this.#parts.health.answered(actor, message.number, message.fault);
        break;
      case "pong":
        break;
    }
  }

  /** Asks whether the event loop turns; one actor answers for all that share it. */
  ping(number: number): void {
    const [first] = this.#members.values();
    first?.send({ kind: "ping", number });
  }

  /** The program has not answered for `silentMs`. */
  hangs(silentMs: number): void {
    const { world, tell } = this.#parts;
    for (const actor of this.#members.keys()) {
      world.log.write("warn", "actor-hangs", { actor, silentMs });
      tell({ kind: "actor-hangs", actor, silentMs });
    }
  }

  /** It was reported to hang, and has answered after all. */
  recovered(): void {
    const { world, tell } = this.#parts;
    for (const actor of this.#members.keys()) {
      world.log.write("info", "actor-recovered", { actor });
      tell({ kind: "actor-recovered", actor });
    }
  }

  /** Sends to one actor. */
  tell(actor: string, message: ToActor): void {
    this.#members.get(actor)?.send(message);
  }

  /** Tells every actor what has happened on the board. */
  notify(notice: Notice): void {
    for (const { send } of this.#members.values()) send({ kind: "notice", notice });
  }

  /** The program has ended: nothing of it stays, and what went wrong in it is summed up. */
  close(): void {
    this.#ports.close();
    for (const { name, send } of this.#members.values()) this.#parts.health.leaves(name, send);
    for (const { name: actor, incidents } of this.#members.values()) {
      const faultCount = incidents.countOf("fault");
      const hangCount = incidents.countOf("hang");
      const deadlineCount = incidents.countOf("deadline");
      if (faultCount + hangCount + deadlineCount === 0) continue;
      const facts = { actor, faultCount, hangCount, deadlineCount };
      this.#parts.world.log.write("info", "actor-incidents", facts);
    }
  }

  #active(actor: string): void {
    this.#parts.tell({ kind: "actor-active", actor });
    this.#awaited.delete(actor);
    if (this.#awaited.size === 0) this.#life.retold?.();
  }

  #incident({ name: actor, incidents }: Member, incident: Incident): void {
    const { world, tell } = this.#parts;
    const count = incidents.happened(incident.kind, world.clock.monotonicMs());
    if (count === undefined) return;
    const { kind, ...facts } = incident;
    world.log.write("warn", `component-${kind}`, { actor, count, ...facts });
    tell({ kind: "actor-incident", actor, incident, count });
  }
}
