import { DEVICE, namespacesOf, routerAddress, type TestbedPlan } from "./plan.ts";
import { ipBatch, mustRun } from "./tools.ts";

/** The kernel's table of neighbours is one for all namespaces and holds 1,024: beyond this they are told. */
const HOSTS_ASKING_MAX = 16;

/** Makes the namespaces, and without a switch also bridges and cables. */
export async function buildNetwork(plan: TestbedPlan): Promise<void> {
  const { bridgeNamespace, subnetCount } = plan;
  await ipBatch(namespacesOf(plan).map((name) => `netns add ${name}`));
  if (bridgeNamespace === undefined) return;
  const subnets = Array.from({ length: subnetCount }, (_, index) => index + 1);
  const bridges = subnets.flatMap((subnet) => [
    `link add bridge${subnet} type bridge`,
    `link set bridge${subnet} up`,
  ]);
  await ipBatch(bridges, bridgeNamespace);
  const cables = cablesOf(plan);
  // Both ends are born inside: the machine's own network never sees a cable.
  const born = cables.map(
    ({ namespace, device, plug }) =>
      `link add ${plug} netns ${bridgeNamespace} type veth peer name ${device} netns ${namespace}`,
  );
  await ipBatch(born);
  const plugged = cables.map(({ plug, subnet }) => `link set ${plug} master bridge${subnet} up`);
  await ipBatch(plugged, bridgeNamespace);
}

/** Gives hosts and router their addresses and routes; their devices are there by now. */
export async function configureHosts(plan: TestbedPlan): Promise<void> {
  const { hosts, routerNamespace } = plan;
  const isTold = hosts.length > HOSTS_ASKING_MAX;
  await inTurns(hosts, async ({ address, broadcastAddress, mac, subnet, namespace }) => {
    const others = isTold ? hosts.filter((each) => each.subnet === subnet) : [];
    await ipBatch(
      [
        "link set lo up",
        `link set ${DEVICE} address ${mac}`,
        `address add ${address}/24 broadcast ${broadcastAddress} dev ${DEVICE}`,
        `link set ${DEVICE} up`,
        `route add 224.0.0.0/4 dev ${DEVICE}`,
        ...(routerNamespace === undefined
          ? []
          : [`route add default via ${routerAddress(subnet)}`]),
        ...others
          .filter((each) => each.address !== address)
          .map((each) => `neigh add ${each.address} lladdr ${each.mac} dev ${DEVICE}`),
      ],
      namespace,
    );
  });
  if (routerNamespace !== undefined) await configureRouter(plan, routerNamespace);
}

async function configureRouter({ subnetCount }: TestbedPlan, namespace: string): Promise<void> {
  const subnets = Array.from({ length: subnetCount }, (_, index) => index + 1);
  const addressing = subnets.flatMap((subnet) => [
    `address add ${routerAddress(subnet)}/24 broadcast 10.77.${subnet}.255 dev eth${subnet}`,
    `link set eth${subnet} up`,
  ]);
  await ipBatch(["link set lo up", ...addressing], namespace);
  const forward = "echo 1 > /proc/sys/net/ipv4/ip_forward";
  await mustRun("ip", ["netns", "exec", namespace, "sh", "-c", forward]);
}

interface Cable {
  readonly namespace: string;
  readonly device: string;
  /** Its end at the bridge. */
  readonly plug: string;
  readonly subnet: number;
}

function cablesOf({ hosts, routerNamespace, subnetCount }: TestbedPlan): readonly Cable[] {
  const own = hosts.map(({ namespace, name, subnet }) => ({
    ...{ namespace, device: DEVICE, plug: name, subnet },
  }));
  if (routerNamespace === undefined) return own;
  const routers = Array.from({ length: subnetCount }, (_, index) => {
    const subnet = index + 1;
    return { namespace: routerNamespace, device: `eth${subnet}`, plug: `router${subnet}`, subnet };
  });
  return [...own, ...routers];
}

/** A few at a time: the machine has other work. */
async function inTurns<T>(all: readonly T[], each: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await each(next);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}
