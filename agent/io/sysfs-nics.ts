import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Nics } from "../core/nics.ts";

const LOOPBACK = "lo";

/**
 * The network interfaces as Linux shows them below /sys/class/net.
 *
 * The kernel tells of changes by netlink alone, which Node does not speak, and sysfs has no events for
 * these files: they are read once a second, some tens of microseconds an interface, only while
 * somebody watches. Source: sysfs-class-net (kernel ABI documentation), rtnetlink(7).
 */
export class SysfsNics implements Nics {
  readonly #folder: string;
  readonly #intervalMs: number;

  constructor(folder = "/sys/class/net", intervalMs = 1_000) {
    this.#folder = folder;
    this.#intervalMs = intervalMs;
  }

  watch(listener: Parameters<Nics["watch"]>[0], signal: AbortSignal): void {
    if (signal.aborted) return;
    let known: ReadonlyMap<string, boolean> = new Map();
    const look = (): void => {
      const before = known;
      known = this.#read();
      for (const name of before.keys())
        if (!known.has(name) && before.get(name) === true) listener({ name, isUp: false });
      for (const [name, isUp] of known) if (before.get(name) !== isUp) listener({ name, isUp });
    };
    const timer = setInterval(look, this.#intervalMs);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    // As every later telling: not within the call.
    setImmediate(() => {
      if (!signal.aborted) look();
    });
  }

  #read(): ReadonlyMap<string, boolean> {
    const names = namesIn(this.#folder).filter((name) => name !== LOOPBACK);
    return new Map(names.map((name) => [name, this.#isUp(name)]));
  }

  /** Interfaces without a state of their own, such as tunnels, are "unknown" and have a carrier. */
  #isUp(name: string): boolean {
    const state = textOf(join(this.#folder, name, "operstate"));
    return state === "up" || (state === "unknown" && this.#hasCarrier(name));
  }

  #hasCarrier(name: string): boolean {
    return textOf(join(this.#folder, name, "carrier")) === "1";
  }
}

/** No folder: not Linux, and nothing to tell. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** An interface may go between two looks, and one that is off refuses to tell its carrier. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
