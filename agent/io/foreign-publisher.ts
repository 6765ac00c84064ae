import type { Publisher } from "zeromq";
import { type DoorSecurity, doorSecurity } from "./foreign-gate.ts";
import {
  bindDoor,
  closeDoor,
  FOREIGN_OPTIONS,
  FOREIGN_QUEUED_MAX,
  keepForeign,
  loadZeromq,
} from "./foreign-sockets.ts";
import type { Security } from "./link.ts";
import { withStamp } from "./wire-frames.ts";
import { asBuffer } from "./zmtp-frames.ts";

/** Most bytes that wait for one subscriber, in frames of the largest size seen. */
const QUEUED_BYTES_MAX = 32 * 1024 * 1024;

/**
 * The door of a publisher: a PUB of libzmq.
 *
 * Left alone it drops in silence what a subscriber has no room for. So it refuses instead, and that is
 * counted: a frame for which one subscriber has no room reaches none, until that one reads on, or is
 * given up for taking nothing. Subscribers that are ours do not come through here.
 */
export class ForeignPublisher implements AsyncDisposable {
  /** Frames that were not taken because the queue of a subscriber was full. */
  droppedCount = 0;
  readonly #socket: Publisher;
  readonly #leave: () => void;
  #frameBytesMax = QUEUED_BYTES_MAX / FOREIGN_QUEUED_MAX;
  #closing: Promise<void> | undefined;

  private constructor(socket: Publisher, { leave }: DoorSecurity) {
    this.#socket = socket;
    this.#leave = leave;
  }

  /** Opens it. @throws AgentError WIRE_DOOR_CLOSED. */
  static async open(door: string, security: Security): Promise<ForeignPublisher> {
    const zeromq = await loadZeromq();
    const secured = doorSecurity(zeromq, security);
    const socket = keepForeign(
      new zeromq.Publisher({
        ...FOREIGN_OPTIONS,
        ...secured.options,
        noDrop: true,
        sendTimeout: 0,
        sendHighWaterMark: FOREIGN_QUEUED_MAX,
      }),
    );
    try {
      bindDoor(socket, door);
    } catch (error) {
      secured.leave();
      throw error;
    }
    return new ForeignPublisher(socket, secured);
  }

  /** Queues `frame` for whoever wants it; its bytes must not be changed afterwards. */
  offer(frame: Uint8Array, sentUtcUs: number | undefined): void {
    if (this.#closing !== undefined) return;
    const { byteLength } = frame;
    if (byteLength > this.#frameBytesMax) {
      // libzmq counts messages, and a board has bytes.
      this.#frameBytesMax = byteLength;
      this.#socket.sendHighWaterMark = Math.floor(QUEUED_BYTES_MAX / byteLength);
    }
    this.#socket.send(withStamp(frame, sentUtcUs, false).map(asBuffer)).catch(() => {
      this.droppedCount += 1;
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= closeDoor(this.#socket).then(this.#leave);
    return this.#closing;
  }
}
