import type { Nic, Nics } from "../core/nics.ts";
import { onAbort } from "./abort-hooks.ts";
import type { Life } from "./life.ts";
import type { Network } from "./network.ts";
import type { Timeline } from "./timeline.ts";

/**
 * The network interfaces of one host, as a test sets them; at first there are none, and the host is on the
 * one LAN. A host with interfaces is off the network when all of them are down.
 */
export class NicBoard {
  readonly #states = new Map<string, boolean>();
  readonly #listeners = new Set<(nic: Nic) => void>();
  readonly #host: string;
  readonly #network: Network;
  /** The interface that was attached first. */
  #first: string | undefined;

  constructor(host: string, network: Network) {
    this.#host = host;
    this.#network = network;
  }

  /** Sets one interface; undefined takes it out. */
  set(name: string, isUp: boolean | undefined): void {
    const before = this.#states.get(name);
    if (isUp === undefined) this.#states.delete(name);
    else this.#states.set(name, isUp);
    this.#network.topology.setNic(this.#host, name, isUp);
    if (before !== isUp) this.#network.changed();
    if (before === isUp || (isUp === undefined && before === false)) return;
    for (const listener of this.#listeners) listener({ name, isUp: isUp === true });
  }

  /**
   * Plugs an interface into a segment of its own, which broadcasts do not leave; see Simulation.router.
   * @param address of the host there; default the host's name, for a second interface host%nic
   */
  attach(name: string, segment: string, address?: string): void {
    const own = this.#states.size === 0 || this.#first === name ? this.#host : undefined;
    this.#first ??= name;
    const given = address ?? own ?? `${this.#host}%${name}`;
    this.#network.topology.attach(this.#host, name, { segment, address: given });
    this.set(name, true);
  }

  /** The interfaces as one program sees them. */
  nicsOf(timeline: Timeline, life: Life): Nics {
    return {
      watch: (listener, signal) => {
        if (signal.aborted || life.dead) return;
        const tell = (nic: Nic): void => {
          timeline.plan(life, 0, { kind: `nic ${nic.name} ${nic.isUp}` }, () => {
            if (!signal.aborted) listener(nic);
          });
        };
        const forget = (): void => {
          this.#listeners.delete(tell);
          unhook();
          disown();
        };
        const unhook = onAbort(signal, forget);
        const disown = life.owns(forget);
        this.#listeners.add(tell);
        for (const [name, isUp] of this.#states) tell({ name, isUp });
      },
    };
  }
}
