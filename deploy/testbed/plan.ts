/** What every frame of a link meets, one way. Shares from 0 to 1. */
export interface LinkQuality {
  readonly delayMs: number;
  /** Delay is uniform within so much of `delayMs`, to both sides. */
  readonly jitterMs: number;
  readonly lossShare: number;
  readonly duplicateShare: number;
  /** Of frames that do not wait, and so overtake others. */
  readonly reorderShare: number;
}

/** What a testbed is made of. */
export interface TestbedOptions {
  /** 1 to HOSTS_MAX; they are spread over the subnets, the first ones in the first. */
  readonly hostCount: number;
  /** 1 to SUBNETS_MAX, each a broadcast domain; default 1. With more, a router forwards between them. */
  readonly subnetCount?: number;
  /**
   * With it, even an empty one, hosts hang on our switch in user space, whose links can be changed; fields
   * that are absent are 0. Default: on a bridge of the kernel, which adds nothing.
   */
  readonly link?: Partial<LinkQuality>;
  /** Of the switch's chance; default 1. */
  readonly seed?: number;
}

/** One host: a network namespace with one interface. */
export interface HostPlace {
  /** "h1", "h2", ... */
  readonly name: string;
  readonly namespace: string;
  /** From 1. */
  readonly subnet: number;
  readonly address: string;
  readonly broadcastAddress: string;
  readonly mac: string;
}

/** Everything about a testbed that is decided before it is made; plain data. */
export interface TestbedPlan {
  /** Every namespace of it begins so, and none of another testbed. */
  readonly prefix: string;
  readonly hosts: readonly HostPlace[];
  readonly subnetCount: number;
  /** Absent with one subnet. */
  readonly routerNamespace?: string;
  /** Holds the kernel's bridges; absent with the switch. */
  readonly bridgeNamespace?: string;
  readonly link?: LinkQuality;
  readonly seed: number;
}

/** Of one testbed: one frame a host has to fit the kernel's tables. */
export const HOSTS_MAX = 200;
/** The router has an interface in each. */
export const SUBNETS_MAX = 8;
/** Name of every host's interface. */
export const DEVICE = "eth0";

const NO_HARM: LinkQuality = {
  ...{ delayMs: 0, jitterMs: 0, lossShare: 0, duplicateShare: 0, reorderShare: 0 },
};

/**
 * Decides names and addresses: subnet s is 10.77.s.0/24, its n-th host .n, its router .254.
 * @throws RangeError for counts and qualities that are out of range.
 */
export function planTestbed(prefix: string, options: TestbedOptions): TestbedPlan {
  const { hostCount, subnetCount = 1, link, seed = 1 } = options;
  wholeWithin("hosts", hostCount, 1, HOSTS_MAX);
  wholeWithin("subnets", subnetCount, 1, Math.min(SUBNETS_MAX, hostCount));
  const perSubnet = Math.ceil(hostCount / subnetCount);
  const hosts = Array.from({ length: hostCount }, (_, index): HostPlace => {
    const subnet = Math.floor(index / perSubnet) + 1;
    const number = (index % perSubnet) + 1;
    return {
      ...{ name: `h${index + 1}`, namespace: `${prefix}.h${index + 1}`, subnet },
      address: `10.77.${subnet}.${number}`,
      broadcastAddress: `10.77.${subnet}.255`,
      mac: `02:00:00:00:${byteText(subnet)}:${byteText(number)}`,
    };
  });
  return {
    ...{ prefix, hosts, subnetCount, seed },
    ...(subnetCount > 1 ? { routerNamespace: `${prefix}.router` } : {}),
    ...(link === undefined
      ? { bridgeNamespace: `${prefix}.bridge` }
      : { link: checkQuality({ ...NO_HARM, ...link }) }),
  };
}

/** Address of the router in a subnet. */
export function routerAddress(subnet: number): string {
  return `10.77.${subnet}.254`;
}

/** All namespaces of a testbed. */
export function namespacesOf(plan: TestbedPlan): readonly string[] {
  const { hosts, routerNamespace, bridgeNamespace } = plan;
  return [...hosts.map(({ namespace }) => namespace), routerNamespace, bridgeNamespace].filter(
    (name) => name !== undefined,
  );
}

/** The switch's ports: the hosts in their order, then the router's, subnet by subnet. */
export function switchPorts(plan: TestbedPlan): readonly string[] {
  const { hosts, routerNamespace, subnetCount } = plan;
  const own = hosts.map(({ subnet, namespace }) => `${subnet}:${namespace}:${DEVICE}`);
  if (routerNamespace === undefined) return own;
  const subnets = Array.from({ length: subnetCount }, (_, index) => index + 1);
  return [...own, ...subnets.map((subnet) => `${subnet}:${routerNamespace}:eth${subnet}`)];
}

/** The switch's command for links between two of its ports; "*" is every port. */
export function linkCommand(from: number | "*", to: number | "*", quality: LinkQuality): string {
  const us = (ms: number): number => Math.round(ms * 1_000);
  const ppm = (share: number): number => Math.round(share * 1_000_000);
  const { delayMs, jitterMs, lossShare, duplicateShare, reorderShare } = quality;
  const chances = [lossShare, duplicateShare, reorderShare].map(ppm);
  return ["link", from, to, us(delayMs), us(jitterMs), ...chances].join(" ");
}

/** @throws RangeError for delays beyond a minute and shares beyond 1. */
export function checkQuality(quality: LinkQuality): LinkQuality {
  for (const [name, value] of Object.entries(quality) as [string, number][]) {
    const max = name.endsWith("Ms") ? 60_000 : 1;
    if (!(value >= 0 && value <= max))
      throw new RangeError(`${name} is from 0 to ${max}, not ${value}`);
  }
  return quality;
}

function wholeWithin(what: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new RangeError(`${what}: a whole number from ${min} to ${max}, not ${value}`);
}

function byteText(value: number): string {
  return value.toString(16).padStart(2, "0");
}
