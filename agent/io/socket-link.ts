import type { Socket } from "node:net";
import type { LinkFault } from "../core/wire.ts";
import { BATCH_BYTES_MAX, BatchWriter } from "./batch-writer.ts";
import {
  LINGER_MS_MAX,
  type Link,
  type LinkUser,
  type OpenLink,
  type Parts,
  type SocketType,
} from "./link.ts";
import type { Mechanism } from "./mechanism.ts";
import { SendQueue } from "./send-queue.ts";
import { asBuffer, COMMAND, FrameReader, MORE } from "./zmtp-frames.ts";
import {
  decodeCommand,
  decodeGreeting,
  decodeMetadata,
  encodeCommand,
  encodeGreeting,
  GREETING_BYTES,
} from "./zmtp-greeting.ts";

/** From the connection's start until both sides know each other. */
const HANDSHAKE_MS_MAX = 5_000;
/** A peer that is silent for so long is asked for a sign of life … */
const HEARTBEAT_MS = 5_000;
/** … and given up when it was silent so many times. Long, for a handler that computes answers nothing. */
const SILENCES_MAX = 4;
/**
 * Frames that are handed over in one turn: what they set off is over, and garbage, before the next
 * come. Thousands at once would outlive the young generation, and cost more to collect than to handle.
 */
const TURN_FRAMES_MAX = 64;
/** No message of ours has more parts than an envelope of a few hops. */
const PARTS_MAX = 32;
/** A ping's time to live is not for us to say. */
const PING_BODY = Buffer.alloc(2);
/** What an error of connect(2) says. A filter that answers does so as one of them. */
const FAULTS: Readonly<Record<string, LinkFault>> = {
  ...{ ECONNREFUSED: "refused", ENOENT: "refused", ETIMEDOUT: "silent" },
  ...{ EHOSTUNREACH: "no-route", ENETUNREACH: "no-route", EADDRNOTAVAIL: "no-route" },
  ...{ ENOTFOUND: "no-route", EAI_AGAIN: "no-route", EACCES: "forbidden", EPERM: "forbidden" },
};

/** What a socket is made into. */
export interface SocketLinkPlan {
  readonly type: SocketType;
  /** A fresh one for each connection. */
  readonly mechanism: Mechanism;
  /** Which side of CURVE's greeting this is. */
  readonly isServer: boolean;
  /** Whether this side says that it is ours. */
  readonly showsOurs: boolean;
  readonly open: OpenLink;
  /** Called once, when the connection is over, whether it came to a link or not; says why, as far as is known. */
  readonly closed: (fault: LinkFault) => void;
}

/** A link over a TCP or Unix connection that speaks ZMTP 3.1. Source: RFC 37/ZMTP. */
export class SocketLink implements Link {
  isOurs = false;
  readonly #socket: Socket;
  readonly #plan: SocketLinkPlan;
  readonly #writer: BatchWriter;
  readonly #reader = new FrameReader((flags, body) => this.#frame(flags, body));
  readonly #queue = new SendQueue();
  readonly #handshakeTimer: NodeJS.Timeout;
  #heartbeat: NodeJS.Timeout | undefined;
  #silenceCount = 0;
  #greeting: Buffer | undefined = Buffer.alloc(0);
  #peerAnswersPings = false;
  #user: LinkUser | undefined;
  #parts: Uint8Array[] = [];
  #isHeld = false;
  /** Set while frames that have arrived wait for their turn. */
  #reading: NodeJS.Immediate | undefined;
  /** Set while this turn's first message has left and more may follow, which then travel together. */
  #turn: NodeJS.Immediate | undefined;
  #ending: Promise<void> | undefined;
  #fault: LinkFault = "broken";

  /** Takes over `socket`, connected or connecting. */
  constructor(socket: Socket, plan: SocketLinkPlan) {
    this.#socket = socket;
    this.#plan = plan;
    this.#writer = new BatchWriter(socket, plan.mechanism, () => this.#goOn());
    this.#handshakeTimer = setTimeout(() => {
      this.#fault = "silent";
      socket.destroy();
    }, HANDSHAKE_MS_MAX);
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#data(chunk));
    // A connection that fails is a connection that ends; "close" follows.
    socket.on("error", ({ code = "" }: NodeJS.ErrnoException) => {
      this.#fault = FAULTS[code] ?? this.#fault;
    });
    socket.on("close", () => this.#closed());
    socket.write(encodeGreeting(plan.mechanism.name, plan.isServer));
  }

  get queuedCount(): number {
    return this.#queue.count;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  send(parts: Parts): void {
    if (this.#ending !== undefined || this.#socket.destroyed) return;
    const isFree = this.#queue.count === 0 && !this.#isHeld && !this.#writer.isBlocked;
    if (isFree && this.#turn === undefined) {
      this.#writer.one(parts);
      this.#turn = setImmediate(() => this.#turnOver());
      return;
    }
    this.#queue.push(parts);
    if (this.#queue.bytes >= BATCH_BYTES_MAX) this.#goOn();
  }

  command(name: string, body?: Uint8Array): void {
    if (!this.#socket.writable) return;
    const command = encodeCommand(name, body);
    const { session } = this.#plan.mechanism;
    if (session === undefined) this.#writer.frame(COMMAND, command);
    else this.#writer.frame(0, session.seal(COMMAND, command));
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#goOn();
  }

  end(): Promise<void> {
    this.#ending ??= new Promise((resolve) => {
      this.#user = undefined;
      this.#reader.stopped = true;
      this.#isHeld = false;
      if (this.#socket.closed) resolve();
      const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS_MAX);
      this.#socket.on("close", () => {
        clearTimeout(timer);
        resolve();
      });
      this.#socket.resume();
    });
    this.#goOn();
    return this.#ending;
  }

  /** Ends it at once; what was sent and has not left is lost. */
  destroy(): void {
    this.#socket.destroy();
  }

  #turnOver(): void {
    this.#turn = undefined;
    this.#goOn();
  }

  /** Writes what waits, until the kernel takes no more. */
  #goOn(): void {
    while (
      this.#queue.count > 0 &&
      !this.#isHeld &&
      !this.#writer.isBlocked &&
      this.#socket.writable
    )
      this.#writer.some(this.#queue);
    if (this.#ending !== undefined && this.#queue.count === 0 && this.#socket.writable)
      this.#socket.end();
  }

  #data(chunk: Buffer): void {
    this.#silenceCount = 0;
    const rest = this.#greeting === undefined ? chunk : this.#greeted(chunk, this.#greeting);
    if (rest === undefined) this.#giveUp();
    else this.#read(this.#reader.push(rest, TURN_FRAMES_MAX));
  }

  /** Lets others have a turn between two portions of what arrived. */
  #read(state: "done" | "more" | "malformed"): void {
    const wasReading = this.#reading !== undefined;
    this.#reading = undefined;
    if (state === "malformed") this.#giveUp();
    else if (state === "more") {
      if (!wasReading) this.#socket.pause();
      this.#reading = setImmediate(() => this.#read(this.#reader.goOn(TURN_FRAMES_MAX)));
    } else if (wasReading) this.#socket.resume();
  }

  /** What follows the greeting; undefined when that is no greeting for us. */
  #greeted(chunk: Buffer, before: Buffer): Buffer | undefined {
    const all = Buffer.concat([before, chunk]);
    if (all.byteLength < GREETING_BYTES) {
      this.#greeting = all;
      return Buffer.alloc(0);
    }
    this.#greeting = undefined;
    const { mechanism } = this.#plan;
    const greeting = decodeGreeting(all.subarray(0, GREETING_BYTES));
    if (greeting?.mechanism !== mechanism.name) return undefined;
    this.#peerAnswersPings = greeting.minor > 0;
    const first = mechanism.begin();
    if (first !== undefined) this.#writer.frame(COMMAND, first);
    return all.subarray(GREETING_BYTES);
  }

  #frame(flags: number, body: Uint8Array): void {
    if (this.#user === undefined) {
      this.#handshake(flags, body);
      return;
    }
    const { session } = this.#plan.mechanism;
    const opened = session === undefined ? { flags, body } : session.unseal(asBuffer(body));
    if (opened === undefined) this.#giveUp();
    else if ((opened.flags & COMMAND) !== 0) this.#command(this.#user, opened.body);
    else this.#part(this.#user, opened.flags, opened.body);
  }

  #part(user: LinkUser, flags: number, body: Uint8Array): void {
    if ((flags & MORE) !== 0) {
      this.#parts.push(body);
      if (this.#parts.length >= PARTS_MAX) this.#giveUp();
      return;
    }
    if (this.#parts.length === 0) {
      user.message([body]);
      return;
    }
    const parts = [...this.#parts, body];
    this.#parts = [];
    user.message(parts);
  }

  #handshake(flags: number, body: Uint8Array): void {
    const { mechanism, type, open } = this.#plan;
    const step = (flags & COMMAND) === 0 ? undefined : mechanism.take(asBuffer(body));
    if (step === undefined) {
      this.#giveUp();
      return;
    }
    if (step.wasRefused === true) {
      this.#fault = "key-refused";
      this.#giveUp();
      return;
    }
    if (step.reply !== undefined) this.#writer.frame(COMMAND, step.reply);
    if (step.isRefused === true) void this.end();
    if (step.peerMetadata === undefined) return;
    const peer = decodeMetadata(type, step.peerMetadata);
    if (peer === undefined) {
      this.#giveUp();
      return;
    }
    clearTimeout(this.#handshakeTimer);
    if (this.#peerAnswersPings)
      this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
    this.isOurs = peer.isOurs && this.#plan.showsOurs;
    const user = open(this);
    if (this.#ending === undefined) this.#user = user;
  }

  #command(user: LinkUser, command: Uint8Array): void {
    const said = decodeCommand(asBuffer(command));
    if (said === undefined) this.#giveUp();
    else if (said.name === "PING") this.command("PONG", said.body.subarray(2));
    else if (said.name !== "PONG") user.command(said.name, said.body);
  }

  #beat(): void {
    if (this.#silenceCount >= SILENCES_MAX) this.#socket.destroy();
    else if (this.#silenceCount > 0) this.command("PING", PING_BODY);
    this.#silenceCount += 1;
  }

  #giveUp(): void {
    this.#reader.stopped = true;
    this.#socket.destroy();
  }

  #closed(): void {
    clearTimeout(this.#handshakeTimer);
    clearInterval(this.#heartbeat);
    clearImmediate(this.#turn);
    clearImmediate(this.#reading);
    // The peer may be gone before the last that it said had its turn.
    this.#reader.goOn();
    this.#reader.stopped = true;
    this.#queue.clear();
    const user = this.#user;
    this.#user = undefined;
    user?.lost();
    this.#plan.closed(this.#fault);
  }
}
