import {
  FRAMES_QUEUED_MAX,
  type LinkState,
  type WireAnswer,
  type WireClient,
} from "../core/wire.ts";
import type { Link, LinkUser, Parts, Security } from "./link.ts";
import { LinkConnector } from "./link-connector.ts";
import { checkFrame, decodeStamp, withStamp } from "./wire-frames.ts";

/** Length of the number by which a client knows the reply to its request. */
const REQUEST_ID_BYTES = 4;
const DELIMITER = new Uint8Array();
const TIMER_MS_MAX = 2 ** 31 - 1;

const LOST: WireAnswer = { kind: "none", reason: "lost" };
const TIMEOUT: WireAnswer = { kind: "none", reason: "timeout" };
const REFUSED: WireAnswer = { kind: "none", reason: "refused" };

interface Pending {
  readonly frame: Uint8Array;
  readonly sentUtcUs: number | undefined;
  readonly settle: (answer: WireAnswer) => void;
  isSent: boolean;
}

/**
 * Asks one server: [number, empty, body, perhaps a stamp], as DEALER asks REP, so that a plain REP may
 * answer, too. A request waits here until there is a link: one that timed out meanwhile is never sent,
 * so a server that comes back is not met by old orders.
 */
export class ZmqClient implements WireClient {
  /** Replies that came too late, twice, or to no request of ours. */
  strayCount = 0;
  readonly #connector: LinkConnector;
  readonly #pending = new Map<number, Pending>();
  #link: Link | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(endpoint: string, security?: Security) {
    this.#connector = new LinkConnector({
      endpoint,
      type: "DEALER",
      security,
      open: (link) => this.#opened(link),
    });
  }

  async request(frame: Uint8Array, timeoutMs: number, sentUtcUs?: number): Promise<WireAnswer> {
    checkFrame(frame);
    if (this.#isClosed || this.#pending.size >= FRAMES_QUEUED_MAX) return LOST;
    this.#lastId = (this.#lastId + 1) >>> 0;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const settle = (answer: WireAnswer): void => {
        clearTimeout(timer);
        this.#pending.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(TIMEOUT), Math.min(timeoutMs, TIMER_MS_MAX));
      const pending = { frame, sentUtcUs, settle, isSent: false };
      this.#pending.set(id, pending);
      if (this.#link !== undefined) send(this.#link, id, pending);
    });
  }

  link(): LinkState {
    return this.#connector.state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#link = undefined;
    const closing = this.#connector.close();
    for (const { settle } of [...this.#pending.values()]) settle(LOST);
    await closing;
  }

  #opened(link: Link): LinkUser {
    this.#link = link;
    for (const [id, pending] of this.#pending) send(link, id, pending);
    return {
      message: (parts) => this.#take(parts, link.isOurs),
      command: () => undefined,
      lost: () => {
        this.#link = undefined;
        for (const { isSent, settle } of [...this.#pending.values()]) if (isSent) settle(LOST);
      },
    };
  }

  #take([idPart, delimiter, body, stamp]: Parts, isOurs: boolean): void {
    const id =
      idPart?.byteLength === REQUEST_ID_BYTES ? Buffer.from(idPart).readUInt32LE() : undefined;
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (pending === undefined || delimiter?.byteLength !== 0) this.strayCount += 1;
    else if (body === undefined) pending.settle(REFUSED);
    else
      pending.settle({
        kind: "reply",
        frame: body,
        sentUtcUs: decodeStamp(stamp, isOurs),
      });
  }
}

function send(link: Link, id: number, pending: Pending): void {
  const idPart = Buffer.alloc(REQUEST_ID_BYTES);
  idPart.writeUInt32LE(id);
  pending.isSent = true;
  link.send([idPart, DELIMITER, ...withStamp(pending.frame, pending.sentUtcUs, link.isOurs)]);
}
