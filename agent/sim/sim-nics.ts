import type { Nic, Nics } from "../core/nics.ts";
import { onAbort } from "./abort-hooks.ts";
import type { Life } from "./life.ts";
import type { Timeline } from "./timeline.ts";

/** The network interfaces of one host, as a test sets them; at first there are none. */
export class NicBoard {
  readonly #states = new Map<string, boolean>();
  readonly #listeners = new Set<(nic: Nic) => void>();

  /** Sets one interface; undefined takes it out. */
  set(name: string, isUp: boolean | undefined): void {
    const before = this.#states.get(name);
    if (isUp === undefined) this.#states.delete(name);
    else this.#states.set(name, isUp);
    if (before === isUp || (isUp === undefined && before === false)) return;
    for (const listener of this.#listeners) listener({ name, isUp: isUp === true });
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
