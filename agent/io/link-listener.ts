import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { AgentError } from "../core/errors.ts";
import type { BindOptions } from "../core/wire.ts";
import type { OpenLink, Security, SocketType } from "./link.ts";
import { type MakeMechanism, serverMechanism } from "./link-security.ts";
import { listenInMemory } from "./memory-link.ts";
import { SocketLink } from "./socket-link.ts";
import { endpointText, netOptions, parseEndpoint, type WireAddress } from "./wire-address.ts";

/** Most peers of one socket at one address. */
const PEERS_MAX = 1024;

/** What listeners of one process have in common. */
export interface ListenerParts {
  /** Address of this board that others reach. */
  readonly host: string;
  readonly security: Security;
}

/** Where others reach one socket of ours: its endpoint, and perhaps a door for programs that are not ours. */
export class LinkListener {
  readonly endpoint: string;
  readonly #closers: readonly (() => void)[];
  readonly #connecting: ReadonlySet<SocketLink>;

  private constructor(
    endpoint: string,
    closers: readonly (() => void)[],
    connecting: ReadonlySet<SocketLink>,
  ) {
    this.endpoint = endpoint;
    this.#closers = closers;
    this.#connecting = connecting;
  }

  /**
   * Listens as `options` say, and hands each link that is ready to `open`.
   * @throws AgentError WIRE_DOOR_CLOSED when the door's address means nothing, or cannot be bound.
   */
  static async bind(
    { host, security }: ListenerParts,
    type: SocketType,
    { reach = "network", door }: BindOptions,
    open: OpenLink,
  ): Promise<LinkListener> {
    const mechanism = await serverMechanism(security, type);
    const connecting = new Set<SocketLink>();
    const serve = (): Server => serverOf(type, mechanism, open, connecting);
    const common = { isPlain: false, key: security?.publicKey };
    const closers: (() => void)[] = [];
    let address: WireAddress;
    if (reach === "process") {
      const { name, close } = listenInMemory(open);
      closers.push(close);
      address = { kind: "memory", name, isPlain: false, key: undefined };
    } else {
      const server = serve();
      closers.push(() => server.close());
      const name = `hedgerow-${process.pid}-${randomBytes(8).toString("hex")}`;
      address =
        reach === "board"
          ? { kind: "unix", name, ...common }
          : { kind: "tcp", host, port: 0, ...common };
      await listening(server, address);
      if (address.kind === "tcp")
        address = { ...address, port: (server.address() as AddressInfo).port };
    }
    if (door !== undefined) {
      const server = serve();
      closers.push(() => server.close());
      try {
        await openDoor(server, door);
      } catch (error) {
        for (const close of closers) close();
        throw error;
      }
    }
    return new LinkListener(endpointText(address), closers, connecting);
  }

  /** Takes nobody new in. Links that are open go on. */
  close(): void {
    for (const close of this.#closers) close();
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

async function listening(server: Server, address: WireAddress): Promise<void> {
  server.listen(netOptions(address));
  await once(server, "listening");
}

async function openDoor(server: Server, door: string): Promise<void> {
  const address = parseEndpoint(door);
  if (address?.kind !== "tcp" || address.isPlain || address.key !== undefined)
    throw new AgentError("WIRE_DOOR_CLOSED", { door, reason: "not an address to bind" });
  try {
    await listening(server, address);
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new AgentError("WIRE_DOOR_CLOSED", { door, reason: code }, { cause: error });
  }
}
