import type { Hex } from "../../agent/component/ledger-service.ts";
import type { Child } from "../../agent/core/spawner.ts";
import type { World } from "../../agent/core/world.ts";
import { chainOptions } from "./microgrid.ts";
import { ledgerUrl } from "./run-events.ts";

/** Keeps the embedded ledger running, at one address: started again when it dies. */
export class LedgerKeeper {
  readonly #world: World;
  readonly #treasury: Hex;
  #child: Child | undefined;
  #stopping = false;

  /** `treasury`: the account that is funded in the first block. */
  constructor(world: World, treasury: Hex) {
    this.#world = world;
    this.#treasury = treasury;
  }

  /** The ledger's process. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it; resolves with its address. */
  async start(port = 0): Promise<string> {
    const child = this.#world.spawner.spawn({
      program: "chain",
      name: "ledger",
      options: chainOptions(this.#treasury, port),
    });
    this.#child = child;
    const url = await ledgerUrl(child);
    void child.exited.then(() => this.#ended(Number(new URL(url).port)));
    return url;
  }

  /** Stops it for good. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child?.stop();
    await this.#child?.exited;
  }

  async #ended(port: number): Promise<void> {
    if (this.#stopping) return;
    this.#world.log.write("warn", "ledger-died", { port });
    // Cluster time waits until it is back.
    this.#world.activity.begin();
    await this.start(port);
    this.#world.activity.end();
  }
}
