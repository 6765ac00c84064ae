import type { LinkFault, LinkState, Reach } from "../core/wire.ts";
import { Connection, type ConnectionEnd } from "./connection.ts";
import { isWithinReach, type Listener, type Listeners } from "./listeners.ts";
import type { SimParts } from "./sim-parts.ts";

/** What a connector wants of its connection. */
export interface ConnectorOptions {
  readonly listeners: Listeners;
  readonly endpoint: string;
  /** What the listener is told of us. */
  readonly from: unknown;
  readonly connected: (connection: Connection) => void;
  readonly lost: () => void;
}

/** Again after a lost connection, in µs; what agent/io begins with too. */
const RECONNECT_US = 10_000;

/** Keeps one connection to an endpoint, made anew whenever it is lost and can be. */
export class Connector {
  readonly #parts: SimParts;
  readonly #options: ConnectorOptions;
  readonly #forget: (() => void)[];
  #connection: Connection | undefined;
  #trying = false;
  #closed = false;

  constructor(parts: SimParts, options: ConnectorOptions) {
    this.#parts = parts;
    this.#options = options;
    const { listeners, endpoint } = options;
    const retry = (): void => this.#try(RECONNECT_US);
    this.#forget = [
      listeners.wait(endpoint, retry),
      parts.shared.network.onHeal(retry),
      parts.life.owns(() => this.close()),
    ];
    this.#try(0);
  }

  /** How it stands. */
  get state(): LinkState {
    const { endpoint } = this.#options;
    if (this.#connection !== undefined) return { endpoint, state: "connected", fault: null };
    if (this.#trying) return { endpoint, state: "connecting", fault: null };
    return { endpoint, state: "failed", fault: this.#fault() };
  }

  /** What a real network would say by now. */
  #fault(): LinkFault {
    const { host, life } = this.#parts;
    const { listeners, endpoint } = this.#options;
    const [, other] = /^sim(?:\+\w+)?:\/\/([^/]+)\/\d+$/.exec(endpoint) ?? [];
    if (other === undefined) return "no-address";
    const listener = listeners.get(endpoint);
    const isOut = listener !== undefined && !isWithinReach(listener, host, life);
    // What is bound on a board alone looks like nobody on another.
    return isOut || this.#canMeet(other) ? "refused" : "silent";
  }

  /** Ends the connection and all attempts at it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const forget of this.#forget) forget();
    this.#connection?.close("client");
    this.#connection = undefined;
  }

  #try(delayUs: number): void {
    if (this.#closed || this.#trying || this.#connection !== undefined) return;
    const { shared, host, life } = this.#parts;
    const { listeners, endpoint } = this.#options;
    const listener = listeners.get(endpoint);
    if (listener === undefined || !isWithinReach(listener, host, life)) return;
    if (!this.#canMeet(listener.host)) return;
    this.#trying = true;
    const wayUs = shared.network.delayUs(host, listener.host);
    const label = { kind: "connect", from: life.name, to: endpoint };
    // The listener may die before it accepts: then nobody else would say that the attempt is over.
    const disown = listener.life.owns(() => {
      this.#trying = false;
    });
    shared.timeline.plan(listener.life, delayUs + wayUs, label, () => {
      disown();
      this.#trying = false;
      this.#accept(listener);
    });
  }

  /** A connection takes both directions. */
  #canMeet(other: string): boolean {
    const { shared, host } = this.#parts;
    return shared.network.reaches(host, other) && shared.network.reaches(other, host);
  }

  #accept(listener: Listener): void {
    const { shared, host, life } = this.#parts;
    const { listeners, endpoint, from, connected, lost } = this.#options;
    if (this.#closed || life.dead) return;
    if (listeners.get(endpoint) !== listener) {
      this.#try(RECONNECT_US);
      return;
    }
    if (!this.#canMeet(listener.host)) return;
    const clientEnd: ConnectionEnd = {
      host,
      life,
      lost: () => {
        this.#connection = undefined;
        if (this.#closed) return;
        lost();
        this.#try(RECONNECT_US);
      },
    };
    let listenerLost = (): void => undefined;
    const serverEnd: ConnectionEnd = {
      host: listener.host,
      life: listener.life,
      lost: () => listenerLost(),
    };
    const connection = new Connection(shared.timeline, shared.network, [clientEnd, serverEnd]);
    this.#connection = connection;
    listenerLost = listener.accept(connection, from);
    connection.toClient({ kind: "connected", from: endpoint }, () => {
      if (!this.#closed) connected(connection);
    });
  }
}

/** The next endpoint of a host: sim://host/7, or sim+board://host/7 for those that not all reach. */
export function nextEndpoint({ host, nextNumber }: SimParts, reach: Reach = "network"): string {
  return `sim${reach === "network" ? "" : `+${reach}`}://${host}/${nextNumber()}`;
}
