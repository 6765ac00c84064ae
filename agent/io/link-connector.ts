import { connect } from "node:net";
import type { LinkFault, LinkState } from "../core/wire.ts";
import type { Link, OpenLink, Security, SocketType } from "./link.ts";
import { clientMechanism, isTrusted, type MakeMechanism } from "./link-security.ts";
import { connectInMemory } from "./memory-link.ts";
import { SocketLink } from "./socket-link.ts";
import { netOptions, parseEndpoint, type WireAddress } from "./wire-address.ts";

/** Again after a lost connection: quick at first, slower the longer it takes. */
const RECONNECT_MS_MIN = 10;
const RECONNECT_MS_MAX = 500;

/** What a connector does its work with. */
export interface ConnectorOptions {
  readonly endpoint: string;
  readonly type: SocketType;
  readonly security: Security;
  /** Takes over each link that is ready. */
  readonly open: OpenLink;
}

/** Keeps one link to an endpoint, made anew whenever it is lost and can be, until it is closed. */
export class LinkConnector {
  readonly #options: ConnectorOptions;
  #link: Link | undefined;
  #abandon: () => void = () => undefined;
  #isClosed = false;
  #waitMs = RECONNECT_MS_MIN;
  #fault: LinkFault | undefined;

  constructor(options: ConnectorOptions) {
    this.#options = options;
    const address = parseEndpoint(options.endpoint);
    if (address?.kind === "memory") this.#joinMemory(address.name);
    else if (address !== undefined) void this.#start(address);
    else this.#fault = "no-address";
  }

  /** How it stands. */
  get state(): LinkState {
    const { endpoint } = this.#options;
    if (this.#link !== undefined) return { endpoint, state: "connected", fault: null };
    const fault = this.#fault ?? null;
    return { endpoint, state: fault === null ? "connecting" : "failed", fault };
  }

  /** Ends the link, as `Link.end`, and all attempts at it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#abandon();
    await this.#link?.end();
  }

  /** Names of a process are used once: who is gone does not come back. */
  #joinMemory(name: string): void {
    this.#abandon = connectInMemory(
      name,
      (link) => this.#opened(link),
      () => {
        this.#fault = "refused";
      },
    );
  }

  async #start(address: WireAddress): Promise<void> {
    const { security, type } = this.#options;
    const mechanism = await clientMechanism(security, type, address);
    if (mechanism !== undefined) this.#dial(address, mechanism);
    else this.#fault = address.key === undefined ? "key-absent" : "key-missing";
  }

  #dial(address: WireAddress, mechanism: MakeMechanism): void {
    if (this.#isClosed) return;
    if (!isTrusted(this.#options.security, address)) {
      this.#dialLater(address, mechanism);
      return;
    }
    const attempt = new SocketLink(connect(netOptions(address)), {
      type: this.#options.type,
      mechanism: mechanism(),
      isServer: false,
      showsOurs: !address.isPlain,
      open: (link) => {
        this.#waitMs = RECONNECT_MS_MIN;
        return this.#opened(link);
      },
      closed: (fault) => {
        this.#link = undefined;
        this.#fault = fault;
        if (this.#isClosed) return;
        this.#dialLater(address, mechanism);
      },
    });
    this.#abandon = () => attempt.destroy();
  }

  #dialLater(address: WireAddress, mechanism: MakeMechanism): void {
    const timer = setTimeout(() => this.#dial(address, mechanism), this.#waitMs);
    this.#abandon = () => clearTimeout(timer);
    this.#waitMs = Math.min(RECONNECT_MS_MAX, 2 * this.#waitMs);
  }

  #opened(link: Link): ReturnType<OpenLink> {
    this.#link = link;
    this.#abandon = () => undefined;
    const user = this.#options.open(link);
    return {
      ...user,
      lost: () => {
        // In memory nobody else says so, and a name is never used again.
        this.#link = undefined;
        this.#fault = "refused";
        user.lost();
      },
    };
  }
}
