import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { HostPlace } from "../testbed/plan.ts";
import type { Testbed } from "../testbed/testbed.ts";
import { isThere } from "../testbed/tools.ts";
import type { DriverOptions, DriverOrder, DriverWord } from "./driver.ts";

/** A registry that can be measured: whose, and the program that drives one node of it; see driver.ts. */
export interface Yardstick {
  readonly name: string;
  readonly driverModule: URL;
  /** Why it cannot be had here, with the command that changes it; undefined when it can. */
  readonly obstacle: () => string | undefined;
}

/** Debian's OpenDHT, the library that RIAPS has its registry in. */
export const OPENDHT: Yardstick = {
  name: "OpenDHT (dhtnode)",
  driverModule: new URL("./opendht-driver.js", import.meta.url),
  obstacle: () => (isThere("dhtnode") ? undefined : "needs dhtnode: apt-get install dhtnode"),
};

/** Our own, without membership: so that both have the same to work with. */
export const OWN: Yardstick = {
  name: "Hedgerow (agent/dht)",
  driverModule: new URL("./dht-driver.js", import.meta.url),
  obstacle: () => undefined,
};

/** All that are compared. */
export const YARDSTICKS: readonly Yardstick[] = [OWN, OPENDHT];

/** What became of one order. */
export type Done = Extract<DriverWord, { kind: "done" }>;

/** One node of a registry on a host of a testbed. */
export class RegistryNode {
  readonly host: HostPlace;
  readonly #testbed: Testbed;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (done: Done | undefined) => void>();
  readonly #listeners = new Map<string, (value: string, atUs: number) => void>();
  readonly #ready: Promise<void>;
  #lastId = 0;
  #isEnded = false;

  constructor(
    { driverModule }: Yardstick,
    testbed: Testbed,
    host: HostPlace,
    { seed, folder }: { readonly seed: string | undefined; readonly folder: string },
  ) {
    this.host = host;
    this.#testbed = testbed;
    const { address, broadcastAddress, name } = host;
    const told: DriverOptions = {
      ...{ address, broadcastAddress, dataFolder: join(folder, name) },
      ...(seed === undefined ? {} : { seed }),
    };
    const command = [process.execPath, driverModule.pathname, JSON.stringify(told)];
    this.#child = testbed.spawn(host, command, { stdio: ["pipe", "pipe", "inherit"] });
    const { stdout, stdin } = this.#child;
    if (stdout === null || stdin === null) throw new Error("pipes were asked for");
    stdin.on("error", () => undefined);
    this.#ready = new Promise((resolve, reject) => {
      createInterface(stdout).on("line", (line) => {
        const word = JSON.parse(line) as DriverWord;
        if (word.kind === "ready") resolve();
        else this.#heard(word);
      });
      this.#child.once("exit", () => {
        this.#isEnded = true;
        for (const resolveOne of this.#waiting.values()) resolveOne(undefined);
        reject(new Error(`the registry's node on ${name} ended`));
      });
    });
    // Whoever waits for it hears of it; an end after that is no failure.
    this.#ready.catch(() => undefined);
  }

  /** Resolves when it takes orders. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Undefined when the node ended, or nothing came within `timeoutMs`. */
  order(
    order: Omit<DriverOrder, "id">,
    timeoutMs: number,
    heard?: (value: string, atUs: number) => void,
  ): Promise<Done | undefined> {
    if (this.#isEnded) return Promise.resolve(undefined);
    if (heard !== undefined) this.#listeners.set(order.key, heard);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#waiting.get(id)?.(undefined), timeoutMs);
      this.#waiting.set(id, (done) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(done);
      });
      this.#child.stdin?.write(`${JSON.stringify({ id, ...order })}\n`);
    });
  }

  /** Whether its program has ended, killed or by itself. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Ends it as a loss of power does. */
  async kill(): Promise<void> {
    await this.#testbed.killAll(this.host);
  }

  #heard(word: Exclude<DriverWord, { kind: "ready" }>): void {
    if (word.kind === "done") this.#waiting.get(word.id)?.(word);
    else this.#listeners.get(word.key)?.(word.value, word.atUs);
  }
}
