/** One host, some, or "all"; no host is called so. */
export type Hosts = string | readonly string[];

/** One network interface of a host, and the segment that it is plugged into. */
interface Plug {
  readonly segment: string;
  readonly address: string;
  readonly isUp: boolean;
}

/** How a packet gets from one host to another. */
export interface Route {
  /** The sender's address as the receiver sees it. */
  readonly fromAddress: string;
  /** Routers on the way. */
  readonly hopCount: number;
}

interface Router {
  readonly name: string;
  readonly segments: readonly string[];
}

/** The segment of hosts that nobody attached to another. */
const ONE_LAN = "";

/** Whether `hosts` has `host`. */
export function hasHost(hosts: Hosts, host: string): boolean {
  return hosts === "all" || (typeof hosts === "string" ? hosts === host : hosts.includes(host));
}

/**
 * Who can reach whom, in each direction: cables, interfaces, segments with routers between them, cuts
 * and partitions. Pure: it tells nobody of changes.
 */
export class Topology {
  readonly #unplugged = new Set<string>();
  readonly #cuts = new Set<{ readonly from: Hosts; readonly to: Hosts }>();
  readonly #plugs = new Map<string, Map<string, Plug>>();
  readonly #hostAt = new Map<string, string>();
  readonly #routers = new Map<string, Router>();
  /** Found ways, by ends; emptied by every change. */
  readonly #routes = new Map<string, Route | undefined>();
  #groupOf = new Map<string, number>();
  #isFlat = true;
  #isWhole = true;

  setPlugged(host: string, isPlugged: boolean): void {
    if (isPlugged) this.#unplugged.delete(host);
    else this.#unplugged.add(host);
    this.#changed();
  }

  /** Hosts of one group reach each other and nobody else; hosts of no group are one more group. */
  partition(groups: readonly (readonly string[])[]): void {
    this.#groupOf = new Map(groups.flatMap((hosts, group) => hosts.map((host) => [host, group])));
    this.#changed();
  }

  /** Nothing gets from one to the other, while the other direction is as it was; returns what mends it. */
  cut(from: Hosts, to: Hosts): () => void {
    const cut = { from, to };
    this.#cuts.add(cut);
    this.#changed();
    return () => {
      this.#cuts.delete(cut);
      this.#changed();
    };
  }

  /** Mends cuts and partitions and plugs all hosts in; segments and interfaces stay as they are. */
  heal(): void {
    this.#groupOf.clear();
    this.#unplugged.clear();
    this.#cuts.clear();
    this.#changed();
  }

  /** Sets an interface; undefined takes it out. */
  setNic(host: string, nic: string, isUp: boolean | undefined): void {
    const plugs = this.#plugsOf(host);
    const known = plugs.get(nic);
    if (isUp === undefined) plugs.delete(nic);
    else plugs.set(nic, { segment: ONE_LAN, address: host, ...known, isUp });
    this.#changed();
  }

  /** Plugs an interface, which is up then, into `segment`, where the host has `address`. */
  attach(host: string, nic: string, { segment, address }: Omit<Plug, "isUp">): void {
    const known = this.#plugsOf(host).get(nic);
    if (known !== undefined) this.#hostAt.delete(known.address);
    this.#plugsOf(host).set(nic, { segment, address, isUp: true });
    this.#hostAt.set(address, host);
    this.#changed();
  }

  /** A router, or a host that forwards, joins segments; none: it joins nothing any more. */
  setRouter(name: string, segments: readonly string[]): void {
    if (segments.length === 0) this.#routers.delete(name);
    else this.#routers.set(name, { name, segments });
    this.#changed();
  }

  /** Whose address that is; an address that was never given is that of the host of this name. */
  hostOf(address: string): string {
    return this.#hostAt.get(address) ?? address;
  }

  /** Whether packets of `from` get to `to`. */
  reaches(from: string, to: string): boolean {
    if (from === to || (this.#isWhole && this.#isFlat)) return true;
    return this.route(from, to) !== undefined;
  }

  /** The way to a host, or to one address of it alone. */
  route(from: string, to: string, address?: string): Route | undefined {
    if (from === to || (this.#isWhole && this.#isFlat)) return { fromAddress: from, hopCount: 0 };
    const ends = `${from}>${to}>${address ?? ""}`;
    if (this.#routes.has(ends)) return this.#routes.get(ends);
    const route = this.#isSevered(from, to) ? undefined : this.#found(from, to, address);
    this.#routes.set(ends, route);
    return route;
  }

  /** The addresses from which a broadcast of `from` gets to `to`: one for each segment that both are on. */
  broadcastsFrom(from: string, to: string): readonly string[] {
    if (from === to || (this.#isWhole && this.#isFlat)) return [from];
    if (this.#isSevered(from, to)) return [];
    const there = new Set(this.#open(to).map(({ segment }) => segment));
    return this.#open(from)
      .filter(({ segment }) => there.has(segment))
      .map(({ address }) => address);
  }

  #found(from: string, to: string, address: string | undefined): Route | undefined {
    const goals = new Set(
      this.#open(to)
        .filter((plug) => address === undefined || plug.address === address)
        .map(({ segment }) => segment),
    );
    let best: Route | undefined;
    for (const { segment, address: fromAddress } of this.#open(from)) {
      const hopCount = this.#hops(from, to, { segment, goals });
      if (hopCount !== undefined && hopCount < (best?.hopCount ?? Number.POSITIVE_INFINITY))
        best = { fromAddress, hopCount };
    }
    return best;
  }

  /** Breadth first from one segment to any of `goals`; undefined when there is no way. */
  #hops(
    from: string,
    to: string,
    { segment, goals }: { readonly segment: string; readonly goals: ReadonlySet<string> },
  ): number | undefined {
    const seen = new Set([segment]);
    let edge = [segment];
    for (let hopCount = 0; edge.length > 0; hopCount += 1) {
      if (edge.some((each) => goals.has(each))) return hopCount;
      edge = edge.flatMap((each) =>
        [...this.#routers.values()]
          .filter(({ name }) => !this.#isSevered(from, name) && !this.#isSevered(name, to))
          .flatMap((router) => this.#beyond(router, each))
          .filter((next) => !seen.has(next)),
      );
      for (const each of edge) seen.add(each);
    }
    return undefined;
  }

  /** The segments to which `router` forwards what comes from `segment`. */
  #beyond({ name, segments }: Router, segment: string): readonly string[] {
    const own = this.#plugs.get(name);
    const up = this.#open(name).map((plug) => plug.segment);
    const joined = own === undefined ? segments : segments.filter((each) => up.includes(each));
    return joined.includes(segment) ? joined : [];
  }

  #isSevered(from: string, to: string): boolean {
    if (from === to || this.#isWhole) return false;
    if (this.#unplugged.has(from) || this.#unplugged.has(to)) return true;
    if (this.#groupOf.get(from) !== this.#groupOf.get(to)) return true;
    for (const cut of this.#cuts) if (hasHost(cut.from, from) && hasHost(cut.to, to)) return true;
    return false;
  }

  /** The interfaces of `host` that are up. */
  #open(host: string): readonly Plug[] {
    const plugs = this.#plugs.get(host);
    if (plugs === undefined || plugs.size === 0)
      return [{ segment: ONE_LAN, address: host, isUp: true }];
    return [...plugs.values()].filter(({ isUp }) => isUp);
  }

  #plugsOf(host: string): Map<string, Plug> {
    let plugs = this.#plugs.get(host);
    if (plugs === undefined) this.#plugs.set(host, (plugs = new Map<string, Plug>()));
    return plugs;
  }

  #changed(): void {
    this.#routes.clear();
    this.#isWhole = this.#unplugged.size === 0 && this.#groupOf.size === 0 && this.#cuts.size === 0;
    this.#isFlat = [...this.#plugs].every(
      ([host, plugs]) =>
        [...plugs.values()].every(({ segment }) => segment === ONE_LAN) &&
        this.#open(host).length > 0,
    );
  }
}
