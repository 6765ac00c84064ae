import type { Router } from "zeromq";
import { type DoorSecurity, doorSecurity } from "./foreign-gate.ts";
import {
  bindDoor,
  closeDoor,
  FOREIGN_OPTIONS,
  FOREIGN_QUEUED_MAX,
  keepForeign,
  loadZeromq,
} from "./foreign-sockets.ts";
import type { Parts, Security } from "./link.ts";
import { asBuffer } from "./zmtp-frames.ts";

/** Who has sent a request, and how it is answered: what cannot be sent is counted. */
export interface Asker {
  readonly client: string;
  readonly isOurs: boolean;
  readonly answer: (parts: Parts) => void;
}

/** What a door of a server does for its owner. */
export interface ForeignServerUser {
  /** Takes in a message without its routing id. */
  heard(asker: Asker, parts: Parts): void;
  /** An answer could not be sent: the client is gone, or its queue is full. */
  dropped(): void;
}

/** The door of a server: a ROUTER of libzmq. Who is gone, or has no room, is told at once, and nothing waits. */
export class ForeignServer implements AsyncDisposable {
  readonly #socket: Router;
  readonly #user: ForeignServerUser;
  readonly #leave: () => void;
  #closing: Promise<void> | undefined;

  private constructor(socket: Router, { leave }: DoorSecurity, user: ForeignServerUser) {
    this.#socket = socket;
    this.#leave = leave;
    this.#user = user;
  }

  /** Opens it. @throws AgentError WIRE_DOOR_CLOSED. */
  static async open(
    door: string,
    security: Security,
    user: ForeignServerUser,
  ): Promise<ForeignServer> {
    const zeromq = await loadZeromq();
    const secured = doorSecurity(zeromq, security);
    const socket = keepForeign(
      new zeromq.Router({
        ...FOREIGN_OPTIONS,
        ...secured.options,
        mandatory: true,
        // A client with a name of its own that comes back is served, though its old link seems to live.
        handover: true,
        sendTimeout: 0,
        sendHighWaterMark: FOREIGN_QUEUED_MAX,
        receiveHighWaterMark: FOREIGN_QUEUED_MAX,
      }),
    );
    try {
      bindDoor(socket, door);
    } catch (error) {
      secured.leave();
      throw error;
    }
    const server = new ForeignServer(socket, secured, user);
    void server.#listen();
    return server;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= closeDoor(this.#socket).then(this.#leave);
    return this.#closing;
  }

  async #listen(): Promise<void> {
    for await (const [routingId, ...parts] of this.#socket) {
      if (this.#closing !== undefined) return;
      if (routingId === undefined) continue;
      const client = `door-${routingId.toString("hex")}`;
      const answer = (reply: Parts): void => this.#answer(routingId, reply);
      this.#user.heard({ client, isOurs: false, answer }, parts);
    }
  }

  #answer(routingId: Buffer, reply: Parts): void {
    if (this.#closing === undefined)
      this.#socket.send([routingId, ...reply.map(asBuffer)]).catch(() => this.#user.dropped());
    else this.#user.dropped();
  }
}
