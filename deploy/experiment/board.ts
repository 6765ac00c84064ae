import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { NODE_FLAGS } from "../process/process-world.ts";
import type { HostPlace } from "../testbed/plan.ts";
import type { Testbed } from "../testbed/testbed.ts";
import { EXPERIMENT_MODEL } from "./application.ts";
import { type BoardEvent, eventOf } from "./events.ts";

/** What all boards of an experiment have in common. */
export interface BoardOptions {
  readonly folder: string;
  readonly deploymentText: string;
}

const AGENT_MODULE = new URL("./agent.js", import.meta.url).pathname;
const BEACON_UDP_PORT = 15_670;

/** One board of an experiment: an agent and its actors on a host, and all that they noted. */
export class ExperimentBoard implements AsyncDisposable {
  readonly host: HostPlace;
  readonly events: BoardEvent[] = [];
  readonly #child: ChildProcess;
  #wake = new AbortController();
  #ended = false;

  constructor(testbed: Testbed, host: HostPlace, { folder, deploymentText }: BoardOptions) {
    this.host = host;
    const application = {
      ...{ modelName: "experiment.riaps", modelText: EXPERIMENT_MODEL },
      ...{ deploymentName: "experiment.depl", deploymentText },
    };
    const { name: board, address, broadcastAddress } = host;
    const told = {
      place: {
        ...{ board, host: address, broadcastHost: broadcastAddress },
        dataFolder: join(folder, board),
      },
      node: { board, cluster: "experiment", beaconUdpPort: BEACON_UDP_PORT, application },
    };
    const command = [process.execPath, ...NODE_FLAGS, AGENT_MODULE, JSON.stringify(told)];
    this.#child = testbed.spawn(host, command, { stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.stdout === null) throw new Error("a pipe was asked for");
    createInterface(this.#child.stdout).on("line", (line) => {
      const event = eventOf(line);
      if (event === undefined) return;
      this.events.push(event);
      this.#happened();
    });
    this.#child.once("exit", () => {
      this.#ended = true;
      this.#happened();
    });
  }

  /**
   * Resolves with the first event that is `wanted`; undefined when `signal` aborts first.
   * @throws Error when the board ends before.
   */
  async when(
    wanted: (event: BoardEvent) => boolean,
    signal: AbortSignal,
  ): Promise<BoardEvent | undefined> {
    for (;;) {
      const event = this.events.find(wanted);
      if (event !== undefined || signal.aborted) return event;
      const isLost = this.#ended || this.events.some(({ kind }) => kind === "actor-ended");
      if (isLost) throw new Error(`board ${this.host.name} or its actor ended before its time`);
      const happened = AbortSignal.any([this.#wake.signal, signal]);
      await new Promise<void>((resolve) => {
        if (happened.aborted) resolve();
        else happened.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  /** Stops agent and actors in order. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    const exit = once(this.#child, "exit");
    this.#child.stdin?.end();
    await exit;
  }

  #happened(): void {
    const wake = this.#wake;
    this.#wake = new AbortController();
    wake.abort();
  }
}
