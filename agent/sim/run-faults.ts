import {
  type Fault,
  type FaultKind,
  type FaultLine,
  faultText,
  printFault,
} from "./fault-script.ts";
import type { Link, ProgramPlace } from "./fault-words.ts";
import type { NetworkOptions } from "./link-options.ts";
import type { SimHost } from "./sim-host.ts";
import type { Simulation } from "./simulation.ts";
import type { Hosts } from "./topology.ts";

/** Whom the faults of a script may befall. */
export interface FaultTargets {
  readonly sim: Simulation;
  /** All hosts of the run. */
  readonly hosts: readonly string[];
}

/** The faults of a script while they happen. */
export interface FaultRun {
  /** Ends what lasts, and lets nothing more of the script happen. */
  repair(): void;
}

type Undo = () => void;

/**
 * Lets the faults of a script happen from now on, each an event of its own.
 * @throws Error for a host that is none of the run's.
 */
export function runFaults(targets: FaultTargets, lines: readonly FaultLine[]): FaultRun {
  const lasting = new Set<Undo>();
  let isOver = false;
  const end = (undo: Undo): void => {
    if (lasting.delete(undo)) undo();
  };
  const endAll = (): void => {
    for (const undo of [...lasting]) end(undo);
  };
  for (const line of lines) checkHosts(targets, line);
  for (const { atUs, forUs, fault } of lines) {
    const text = faultText(fault);
    targets.sim.plan(atUs / 1000, `fault ${text}`, () => {
      if (isOver) return;
      if (fault.kind === "heal") {
        endAll();
        return;
      }
      targets.sim.record("fault", { text });
      const undos = begin(targets, fault);
      const undo = (): void => {
        for (const each of undos) each();
      };
      lasting.add(undo);
      if (forUs !== undefined) targets.sim.plan(forUs / 1000, `end ${text}`, () => end(undo));
    });
  }
  return {
    repair: () => {
      isOver = true;
      endAll();
    },
  };
}

function checkHosts({ hosts }: FaultTargets, line: FaultLine): void {
  for (const name of namesOf(line.fault))
    if (!hosts.includes(name))
      throw new Error(
        `${printFault(line)}: there is no host ${name}; there are ${hosts.join(", ")}`,
      );
}

function namesOf(fault: Fault): readonly string[] {
  const listed = (hosts: Hosts): readonly string[] => (typeof hosts === "string" ? [] : hosts);
  if ("link" in fault) return [...listed(fault.link.from), ...listed(fault.link.to)];
  if ("place" in fault) return [fault.place.host];
  if ("sides" in fault) return fault.sides.flat();
  return "hosts" in fault ? listed(fault.hosts) : [];
}

/** Lets a fault begin; returns what ends it. */
function begin(targets: FaultTargets, fault: Fault): readonly Undo[] {
  const act = BEGINNINGS[fault.kind] as (targets: FaultTargets, fault: Fault) => readonly Undo[];
  return act(targets, fault);
}

type Beginning<K extends FaultKind> = (
  targets: FaultTargets,
  fault: Extract<Fault, { readonly kind: K }>,
) => readonly Undo[];

const nothing = (): void => undefined;
const onLink = ({ sim }: FaultTargets, link: Link, options: NetworkOptions): readonly Undo[] =>
  both(link, (from, to) => sim.setLink(from, to, options));

const BEGINNINGS: { readonly [K in FaultKind]: Beginning<K> } = {
  cut: ({ sim }, { link }) => both(link, (from, to) => sim.cut(from, to)),
  clog: ({ sim }, { link }) => both(link, (from, to) => sim.clog(from, to)),
  partition: ({ sim }, { sides }) =>
    sides.flatMap((side) =>
      sides.filter((other) => other !== side).map((other) => sim.cut(side, other)),
    ),
  unplug: ({ sim }, { hosts }) => [sim.cut(hosts, "all"), sim.cut("all", hosts)],
  loss: (targets, { link, rate }) => onLink(targets, link, { lossRate: rate }),
  burst: (targets, { link, rate, startRate, endRate }) =>
    onLink(targets, link, {
      ...{ burstLossRate: rate, burstStartRate: startRate, burstEndRate: endRate },
    }),
  duplicate: (targets, { link, rate }) => onLink(targets, link, { duplicateRate: rate }),
  reorder: (targets, { link, rate }) => onLink(targets, link, { reorderRate: rate }),
  delay: (targets, { link, delay }) =>
    onLink(targets, link, { delayUsMin: delay.minUs, delayUsMax: delay.maxUs }),
  tail: (targets, { link, rate, maxUs }) =>
    onLink(targets, link, { tailRate: rate, tailUsMax: maxUs }),
  slow: (targets, { link, bytesPerSecond }) => onLink(targets, link, { bytesPerSecond }),
  kill: ({ sim }, { place }) => {
    named(sim, place, (host, name) => host.kill(name));
    return [];
  },
  restart: ({ sim }, { place }) => {
    named(sim, place, (host, name) => host.restart(name));
    return [];
  },
  pause: ({ sim }, { place }) => {
    named(sim, place, (host, name) => host.pause(name));
    return [() => named(sim, place, (host, name) => host.resume(name))];
  },
  power: (targets, { hosts }) =>
    each(targets, hosts, (host) => {
      host.powerOff();
      return () => host.powerOn();
    }),
  suspend: (targets, { hosts }) =>
    each(targets, hosts, (host) => {
      host.suspend();
      return () => host.wake();
    }),
  hog: (targets, { hosts, eventUs }) =>
    each(targets, hosts, (host) => {
      host.hog(eventUs);
      return () => host.hog(0);
    }),
  nic: (targets, { hosts, nic }) =>
    each(targets, hosts, ({ nics }) => {
      nics.set(nic, false);
      return () => nics.set(nic, true);
    }),
  fill: (targets, { hosts }) =>
    each(targets, hosts, ({ disk }) => {
      disk.isFull = true;
      return () => (disk.isFull = false);
    }),
  lock: (targets, { hosts }) =>
    each(targets, hosts, ({ disk }) => {
      disk.isReadOnly = true;
      return () => (disk.isReadOnly = false);
    }),
  unsafe: (targets, { hosts, way }) =>
    each(targets, hosts, ({ disk }) => {
      disk.atPowerLoss = way;
      return () => (disk.atPowerLoss = "keep");
    }),
  operation: (targets, { hosts, number, fate }) =>
    each(targets, hosts, ({ disk }) => {
      const before = disk.operationFault;
      const at = disk.operationCount + number;
      disk.operationFault = (operation, count) => (count === at ? fate : before(operation, count));
      return nothing;
    }),
  jump: (targets, { hosts, us }) =>
    each(targets, hosts, ({ time }) => {
      time.jump(us);
      return nothing;
    }),
  leap: (targets, { hosts, way }) =>
    each(targets, hosts, ({ time }) => {
      time.leapSecond(way);
      return nothing;
    }),
  drift: (targets, { hosts, ppb }) =>
    each(targets, hosts, ({ time }) => {
      time.set({ driftPpb: ppb });
      return () => time.set({ driftPpb: 0 });
    }),
  wander: (targets, { hosts, ppb }) =>
    each(targets, hosts, ({ time }) => {
      time.set({ wanderPpb: Math.abs(ppb) });
      return () => time.set({ wanderPpb: 0 });
    }),
  freeze: (targets, { hosts }) =>
    each(targets, hosts, ({ time }) => {
      time.freeze();
      return () => time.thaw();
    }),
  // Ends the others: see runFaults.
  heal: () => [],
};

function both({ from, arrow, to }: Link, act: (from: Hosts, to: Hosts) => Undo): readonly Undo[] {
  return arrow === "->" ? [act(from, to)] : [act(from, to), act(to, from)];
}

function each(
  { sim, hosts: all }: FaultTargets,
  hosts: Hosts,
  act: (host: SimHost) => Undo,
): readonly Undo[] {
  const names = typeof hosts === "string" ? all : hosts;
  return names.map((name) => act(sim.host(name)));
}

/** Programs of agents are called after their board too: b/actor on the host b. */
function named(
  sim: Simulation,
  { host: name, program }: ProgramPlace,
  act: (host: SimHost, program: string) => boolean,
): void {
  const host = sim.host(name);
  if (!act(host, `${name}/${program}`)) act(host, program);
}
