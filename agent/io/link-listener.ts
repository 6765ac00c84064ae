import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { Reach } from "../core/wire.ts";
import type { OpenLink, Security, SocketType } from "./link.ts";
import { type MakeMechanism, serverMechanism } from "./link-security.ts";
import { listenInMemory } from "./memory-link.ts";
import { SocketLink } from "./socket-link.ts";
import { endpointText, netOptions, type WireAddress } from "./wire-address.ts";

/** Most peers of one socket at one address. */
const PEERS_MAX = 1024;

/** What listeners of one process have in common. */
export interface ListenerParts {
  /** Address of this board that others reach. */
  readonly host: string;
  readonly security: Security;
}

/** Where others of ours reach one socket. */
export class LinkListener {
  readonly endpoint: string;
  readonly #stop: () => void;
  readonly #connecting: ReadonlySet<SocketLink>;

  private constructor(endpoint: string, stop: () => void, connecting: ReadonlySet<SocketLink>) {
    this.endpoint = endpoint;
    this.#stop = stop;
    this.#connecting = connecting;
  }

  /** Listens as far as `reach`, and hands each link that is ready to `open`. */
  static async bind(
    { host, security }: ListenerParts,
    type: SocketType,
    reach: Reach = "network",
    open: OpenLink,
  ): Promise<LinkListener> {
    const connecting = new Set<SocketLink>();
    if (reach === "process") {
      const { name, close } = listenInMemory(open);
      const address = { kind: "memory", name, isPlain: false, key: undefined } as const;
      return new LinkListener(endpointText(address), close, connecting);
    }
    const mechanism = await serverMechanism(security, type);
    const server = serverOf(type, mechanism, open, connecting);
    const common = { isPlain: false, key: security?.publicKey };
    const name = `hedgerow-${process.pid}-${randomBytes(8).toString("hex")}`;
    let address: WireAddress =
      reach === "board"
        ? { kind: "unix", name, ...common }
        : { kind: "tcp", host, port: 0, ...common };
    server.listen(netOptions(address));
    await once(server, "listening");
    if (address.kind === "tcp")
      address = { ...address, port: (server.address() as AddressInfo).port };
    return new LinkListener(endpointText(address), () => server.close(), connecting);
  }

  /** Takes nobody new in. Links that are open go on. */
  close(): void {
    this.#stop();
    for (const link of this.#connecting) link.destroy();
  }
}

function serverOf(
  type: SocketType,
  mechanism: MakeMechanism,
  open: OpenLink,
  connecting: Set<SocketLink>,
): Server {
  const server = createServer((socket) => {
    const link: SocketLink = new SocketLink(socket, {
      type,
      mechanism: mechanism(),
      isServer: true,
      showsOurs: true,
      open: (ready) => {
        connecting.delete(link);
        return open(ready);
      },
      closed: () => connecting.delete(link),
    });
    connecting.add(link);
  });
  server.maxConnections = PEERS_MAX;
  return server;
}
