import { readFileSync } from "node:fs";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** This board's address on its network, and that network's broadcast address. */
export interface BoardAddress {
  readonly host: string;
  readonly broadcastHost: string;
}

/** Stands for the interface through which the default route goes. */
export const AUTO_INTERFACE = "auto";

/** A board whose cable or DHCP server is late is asked again so often, in ms. */
const ASK_EVERY_MS = 1_000;

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/**
 * The IPv4 address of an interface, or with "auto" that of the default route, without one the only interface that
 * leaves the board. Undefined while there is none. Pure.
 * @param routes text of /proc/net/route.
 */
export function addressOn(
  wanted: string,
  interfaces: Interfaces,
  routes: string,
): BoardAddress | undefined {
  const usable = (name: string): NetworkInterfaceInfo | undefined =>
    interfaces[name]?.find(({ family }) => family === "IPv4");
  const outward = Object.keys(interfaces).filter(
    (name) => usable(name) !== undefined && usable(name)?.internal === false,
  );
  const routed = /^(\S+)\t00000000\t/m.exec(routes)?.[1];
  const only = outward.length === 1 ? outward[0] : undefined;
  const name = wanted === AUTO_INTERFACE ? (routed ?? only) : wanted;
  const found = name === undefined ? undefined : usable(name);
  if (found === undefined) return undefined;
  return { host: found.address, broadcastHost: broadcastOf(found.address, found.netmask) };
}

/** The last address of a network. */
function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split(".").map(Number);
  const parts = address
    .split(".")
    .map((part, index) => Number(part) | (~(mask[index] ?? 255) & 255));
  return parts.join(".");
}

/** Waits until the interface has an address; undefined when `signal` aborts before. */
export async function waitForAddress(
  wanted: string,
  waiting: () => void,
  signal: AbortSignal,
): Promise<BoardAddress | undefined> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    const found = addressOn(wanted, networkInterfaces(), readFileSync("/proc/net/route", "utf8"));
    if (found !== undefined) return found;
    if (attempt === 0) waiting();
    await sleep(ASK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}
