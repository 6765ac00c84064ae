// A simulated cluster of agents with a tiny application, for the tests of this room.
import { actorProgram } from "../actor/actor-program.ts";
import { FakeLedger, tinyApplication } from "../actor/tiny-app.contract.ts";
import type { ProgramTable } from "../core/program.ts";
import type { Child } from "../core/spawner.ts";
import { Simulation } from "../sim/simulation.ts";
import type { ApplicationTexts } from "./application-files.ts";
import type { NodeMessage, NodeOptions } from "./node-options.ts";
import { nodeProgram } from "./node-program.ts";

const LEDGER = { url: "http://nowhere", chainId: 1 };

/** What `start` may be told. */
export interface StartOptions extends Partial<NodeOptions> {
  readonly hasLedger?: boolean;
  readonly program?: string;
}

/** Agents on hosts of one simulation, what they tell, and what their actors write down. */
export class Cluster {
  readonly journal: string[] = [];
  readonly ledger = new FakeLedger();
  readonly lines: string[] = [];
  readonly sim: Simulation;
  readonly #texts: ApplicationTexts;
  readonly #told = new Map<string, NodeMessage[]>();

  /** `programs` replace those of the runtime. */
  constructor(texts: ApplicationTexts, seed = 1, programs: ProgramTable = {}) {
    this.#texts = texts;
    const application = tinyApplication(this.journal);
    this.sim = new Simulation({
      seed,
      programs: {
        actor: actorProgram(() => Promise.resolve(application)),
        node: nodeProgram(() => Promise.resolve(this.ledger)),
        broken: nodeProgram(() => Promise.reject(new Error("no disk"))),
        ...programs,
      },
      onRecord: (line) => this.lines.push(line),
    });
  }

  /** Starts the agent of `board`; what an earlier one has told is kept. */
  start(board: string, { hasLedger = false, program = "node", ...more }: StartOptions = {}): Child {
    const options: NodeOptions = {
      ...{ board, cluster: "c", beaconUdpPort: 7 },
      application: this.#texts,
      ...(hasLedger ? { ledger: LEDGER } : {}),
      ...more,
    };
    const child = this.sim.host(board).start({ program, name: board, options });
    const told = this.messages(board);
    this.#told.set(board, told);
    child.channel.receive((message) => told.push(message as NodeMessage));
    return child;
  }

  /** What the agents of `board` have told. */
  messages(board: string): NodeMessage[] {
    return this.#told.get(board) ?? [];
  }

  /** The same in words, without process numbers. */
  told(board: string): string[] {
    return this.messages(board).map((message) => {
      if (message.kind === "ready") return `ready ${message.actorCount}`;
      if (message.kind === "report") return JSON.stringify(message.sizes);
      if (message.kind === "nic") return `nic ${message.name} ${message.isUp}`;
      return `${message.kind} ${"board" in message ? message.board : message.actor}`;
    });
  }

  count(board: string, line: string): number {
    return this.told(board).filter((each) => each === line).length;
  }

  logged(event: string): number {
    return this.lines.filter((line) => line.includes(event)).length;
  }

  async exitOf(child: Child): Promise<string> {
    let isOver = false;
    void child.exited.then(() => (isOver = true));
    await this.sim.runFor(0);
    await this.sim.runWhile(() => !isOver, 1_000_000);
    const { kind, reason } = await child.exited;
    return `${kind} ${reason}`;
  }
}
