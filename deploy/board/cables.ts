import { readFileSync } from "node:fs";
import { runTool } from "./run-tool.ts";

/** A network namespace of a board. */
export interface Socket {
  readonly namespace: string;
  readonly address: string;
}

/** Where their network is; nothing of it leaves this machine. */
const NETWORK = "10.78.0";
const BRIDGE = "switch";

/** A switch in a network namespace of its own, and boards at it, each in one. Disposal takes all away. */
export class Cables implements AsyncDisposable {
  readonly #prefix: string;
  readonly #namespaces: string[] = [];

  /** `prefix` names the namespaces, which all programs of this machine see. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Another board, with its loopback and `eth0`. */
  async plug(): Promise<Socket> {
    const switchSpace = `${this.#prefix}-${BRIDGE}`;
    if (this.#namespaces.length === 0) {
      await this.#add(switchSpace);
      await ip("-n", switchSpace, "link", "add", BRIDGE, "type", "bridge");
      await ip("-n", switchSpace, "link", "set", BRIDGE, "up");
    }
    const number = this.#namespaces.length;
    const namespace = `${this.#prefix}-${number}`;
    const address = `${NETWORK}.${number}`;
    await this.#add(namespace);
    const cable = `to-${number}`;
    // Both ends are born inside: the machine's own network never sees a cable.
    const veth = ["type", "veth", "peer", "name", "eth0", "netns", namespace];
    await ip("link", "add", cable, "netns", switchSpace, ...veth);
    await ip("-n", switchSpace, "link", "set", cable, "master", BRIDGE, "up");
    const place = [`${address}/24`, "broadcast", `${NETWORK}.255`];
    await ip("-n", namespace, "address", "add", ...place, "dev", "eth0");
    await ip("-n", namespace, "link", "set", "lo", "up");
    await ip("-n", namespace, "link", "set", "eth0", "up");
    return { namespace, address };
  }

  /** Ends what still runs at the cables, and takes them away. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const namespace of this.#namespaces.splice(0).reverse()) {
      for (const pid of (await ip("netns", "pids", namespace)).split("\n").filter(Boolean))
        if (isThere(pid)) process.kill(Number(pid), "SIGKILL");
      await ip("netns", "delete", namespace);
    }
  }

  async #add(namespace: string): Promise<void> {
    await ip("netns", "add", namespace);
    this.#namespaces.push(namespace);
  }
}

function ip(...args: string[]): Promise<string> {
  return runTool("ip", args, { advice: "apt-get install iproute2; as root" });
}

function isThere(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8") !== "";
  } catch {
    return false;
  }
}
