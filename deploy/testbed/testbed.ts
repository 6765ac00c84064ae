import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { buildNetwork, configureHosts } from "./build.ts";
import { killWithin, ownPrefix, removeNamespaces, sweepStale } from "./owner.ts";
import {
  checkQuality,
  type HostPlace,
  type LinkQuality,
  linkCommand,
  namespacesOf,
  planTestbed,
  switchPorts,
  type TestbedOptions,
  type TestbedPlan,
} from "./plan.ts";
import { applyRules } from "./rules.ts";
import { SwitchProcess } from "./switch-process.ts";
import { type Ended, runProgram } from "./tools.ts";

/** What is cut and lost now, by host. */
interface Harm {
  readonly cutFrom: Set<HostPlace>;
  lossShare: number;
}

/**
 * Many hosts on this machine: a network namespace each, on bridges of the kernel or on our switch, and a
 * router between the subnets. No packet of theirs reaches another network.
 *
 * Invariants: names are its own, so that any number of testbeds live beside each other; disposing it ends all that
 * runs in its hosts and removes them; what a killed process leaves is swept by the next testbed.
 * Needs root, see `testbedObstacle`; nftables for cuts and loss, a C compiler for the switch.
 */
export class Testbed implements AsyncDisposable {
  readonly plan: TestbedPlan;
  readonly #switch: SwitchProcess | undefined;
  readonly #harm = new Map<HostPlace, Harm>();
  readonly #children = new Set<ChildProcess>();

  private constructor(plan: TestbedPlan, theSwitch: SwitchProcess | undefined) {
    this.plan = plan;
    this.#switch = theSwitch;
    for (const host of plan.hosts) this.#harm.set(host, { cutFrom: new Set(), lossShare: 0 });
  }

  /** Makes one; sweeps first what dead processes left. */
  static async make(options: TestbedOptions): Promise<Testbed> {
    await sweepStale();
    const plan = planTestbed(ownPrefix(), options);
    let theSwitch: SwitchProcess | undefined;
    try {
      await buildNetwork(plan);
      if (plan.link !== undefined) {
        theSwitch = await SwitchProcess.start(plan.seed, switchPorts(plan));
        await theSwitch.ask(linkCommand("*", "*", plan.link));
      }
      await configureHosts(plan);
      return new Testbed(plan, theSwitch);
    } catch (error) {
      await theSwitch?.[Symbol.asyncDispose]();
      await removeNamespaces(namespacesOf(plan));
      throw error;
    }
  }

  /** In order: "h1" first. */
  get hosts(): readonly HostPlace[] {
    return this.plan.hosts;
  }

  /** The host called `name`, such as "h1". @throws RangeError */
  host(name: string): HostPlace {
    const found = this.hosts.find((each) => each.name === name);
    if (found === undefined) throw new RangeError(`there is no host ${name}`);
    return found;
  }

  /** Starts a program on a host; it is ended with the testbed. Its pid is the program's own. */
  spawn(host: HostPlace, command: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = spawn("ip", ["netns", "exec", host.namespace, ...command], options);
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }

  /** Runs a program on a host to its end. */
  run(host: HostPlace, command: readonly string[], input = ""): Promise<Ended> {
    return runProgram("ip", ["netns", "exec", host.namespace, ...command], input);
  }

  /** Ends by kill -9 everything that runs on a host, as a loss of power does. */
  async killAll(host: HostPlace): Promise<void> {
    await killWithin(host.namespace);
  }

  /** From now on `to` hears nothing of `from`; the other way is left as it is. */
  async cut(from: HostPlace, to: HostPlace): Promise<void> {
    this.#harmOf(to).cutFrom.add(from);
    await this.#apply(to);
  }

  /** Splits the hosts into groups that hear only themselves; a host in none of them is cut from all. */
  async partition(groups: readonly (readonly HostPlace[])[]): Promise<void> {
    for (const to of this.hosts) {
      const own = groups.find((group) => group.includes(to)) ?? [to];
      const { cutFrom } = this.#harmOf(to);
      cutFrom.clear();
      for (const from of this.hosts) if (!own.includes(from)) cutFrom.add(from);
    }
    await Promise.all(this.hosts.map((host) => this.#apply(host)));
  }

  /** The host loses this share of what comes to it, 0 to 1, drawn by the kernel: not from the seed. */
  async lose(host: HostPlace, share: number): Promise<void> {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`a share is from 0 to 1, not ${share}`);
    this.#harmOf(host).lossShare = share;
    await this.#apply(host);
  }

  /** Ends all cuts, partitions and losses made by nftables. */
  async heal(): Promise<void> {
    for (const host of this.hosts) {
      this.#harmOf(host).cutFrom.clear();
      this.#harmOf(host).lossShare = 0;
    }
    await Promise.all(this.hosts.map((host) => this.#apply(host)));
  }

  /** Changes the link from one host to another, this way only. Needs the switch and one subnet for both. */
  async setLink(from: HostPlace, to: HostPlace, quality: LinkQuality): Promise<void> {
    const ports = [this.hosts.indexOf(from), this.hosts.indexOf(to)] as const;
    await this.#needSwitch().ask(linkCommand(...ports, checkQuality(quality)));
  }

  /** What the switch has carried so far, by name; see switch.c. */
  async switchCounts(): Promise<Readonly<Record<string, number>>> {
    const said = await this.#needSwitch().ask("stats");
    return Object.fromEntries(
      said.split(" ").map((pair) => {
        const [name = "", value] = pair.split("=");
        return [name, Number(value)] as const;
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ending = [...this.#children].map((child) => once(child, "exit"));
    for (const child of this.#children) child.kill("SIGKILL");
    await Promise.all(ending);
    await this.#switch?.[Symbol.asyncDispose]();
    await removeNamespaces(namespacesOf(this.plan));
  }

  #needSwitch(): SwitchProcess {
    if (this.#switch === undefined)
      throw new Error("links of the kernel's bridge have no quality: make the testbed with `link`");
    return this.#switch;
  }

  #harmOf(host: HostPlace): Harm {
    const harm = this.#harm.get(host);
    if (harm === undefined) throw new RangeError(`${host.name} is no host of this testbed`);
    return harm;
  }

  async #apply(host: HostPlace): Promise<void> {
    const { cutFrom, lossShare } = this.#harmOf(host);
    await applyRules(host, { cutFrom: [...cutFrom], lossShare });
  }
}
