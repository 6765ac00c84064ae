import {
  type BindOptions,
  FRAMES_QUEUED_MAX,
  type WireRequest,
  type WireServer,
} from "../core/wire.ts";
import { type Asker, ForeignServer } from "./foreign-server.ts";
import type { Link, LinkUser, Parts } from "./link.ts";
import { LinkListener, type ListenerParts } from "./link-listener.ts";
import { checkFrame, decodeStamp, withStamp } from "./wire-frames.ts";

type Serve = (request: WireRequest) => void;

/**
 * Answers requests as REP does: the envelope, which is everything up to and including the first empty
 * part, comes back before the reply. So a plain REQ or DEALER may ask, too, also through the door, which
 * is a socket of libzmq.
 */
export class ZmqServer implements WireServer {
  /** Replies that could not be sent: their client is gone, its queue is full, or it knows no refusals. */
  droppedCount = 0;
  /** Messages that are no request. */
  malformedCount = 0;
  readonly #serve: Serve;
  readonly #links = new Set<Link>();
  #door: ForeignServer | undefined;
  #listener: LinkListener | undefined;
  #lastClient = 0;
  #closing: Promise<void> | undefined;

  private constructor(serve: Serve) {
    this.#serve = serve;
  }

  /** Binds it. @throws AgentError WIRE_DOOR_CLOSED. */
  static async bind(
    parts: ListenerParts,
    serve: Serve,
    options: BindOptions = {},
  ): Promise<ZmqServer> {
    const { door, ...inside } = options;
    const server = new ZmqServer(serve);
    const open = (link: Link): LinkUser => server.#opened(link);
    server.#listener = await LinkListener.bind(parts, "ROUTER", inside, open);
    if (door === undefined) return server;
    try {
      server.#door = await ForeignServer.open(door, parts.security, {
        heard: (asker, message) => server.#asked(asker, message),
        dropped: () => {
          server.droppedCount += 1;
        },
      });
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  get endpoint(): string {
    return this.#listener?.endpoint ?? "";
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#listener?.close();
    const links = [...this.#links];
    this.#links.clear();
    await Promise.all([...links.map((link) => link.end()), this.#door?.[Symbol.asyncDispose]()]);
  }

  #opened(link: Link): LinkUser {
    if (this.#closing === undefined) this.#links.add(link);
    else void link.end();
    this.#lastClient += 1;
    const asker: Asker = {
      client: `client-${this.#lastClient}`,
      isOurs: link.isOurs,
      answer: (parts) => {
        if (!this.#links.has(link) || link.queuedCount >= FRAMES_QUEUED_MAX) this.droppedCount += 1;
        else link.send(parts);
      },
    };
    return {
      message: (parts) => this.#asked(asker, parts),
      command: () => undefined,
      lost: () => this.#links.delete(link),
    };
  }

  #asked({ client, isOurs, answer: send }: Asker, parts: Parts): void {
    const delimiter = parts.findIndex(({ byteLength }) => byteLength === 0);
    const envelope = parts.slice(0, delimiter + 1);
    const [body, stamp, ...more] = parts.slice(delimiter + 1);
    if (delimiter < 0 || body === undefined || more.length > 0) {
      this.malformedCount += 1;
      return;
    }
    let isAnswered = false;
    const answer = (rest: Parts): void => {
      if (isAnswered) return;
      isAnswered = true;
      send([...envelope, ...rest]);
    };
    this.#serve({
      frame: body,
      sentUtcUs: decodeStamp(stamp, isOurs),
      client,
      reply: (frame, sentUtcUs) => {
        checkFrame(frame);
        answer(withStamp(frame, sentUtcUs, isOurs));
      },
      refuse: () => {
        // An envelope without a body. To others that would be a malformed reply: they learn by waiting.
        if (isOurs) answer([]);
        else if (!isAnswered) {
          isAnswered = true;
          this.droppedCount += 1;
        }
      },
    });
  }
}
