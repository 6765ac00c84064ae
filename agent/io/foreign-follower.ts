import type { Subscriber } from "zeromq";
import { encodeZ85 } from "./curve-keys.ts";
import {
  closeForeign,
  FOREIGN_OPTIONS,
  FOREIGN_QUEUED_MAX,
  keepForeign,
  loadZeromq,
} from "./foreign-sockets.ts";
import type { Parts, Security } from "./link.ts";
import { endpointText, type WireAddress } from "./wire-address.ts";

/**
 * Follows one publisher that is not ours: a SUB of libzmq, which connects again by itself.
 * While it is paused it does not read; what libzmq has no room for waits with the publisher.
 */
export class ForeignFollower {
  readonly #take: (parts: Parts) => void;
  #socket: Subscriber | undefined;
  #isClosed = false;
  /** While it is paused. */
  #resumed: Promise<void> | undefined;
  #goOn: () => void = () => undefined;

  /** Hands each message to `take`. With a key at `address` it needs keys of its own in `security`. */
  constructor(address: WireAddress, security: Security, take: (parts: Parts) => void) {
    this.#take = take;
    // With a key at one end only, there is nobody to talk to; and libzmq takes no other hosts.
    if (address.key !== undefined && security === undefined) return;
    if (address.kind === "tcp" && /^[a-z\d[]/i.test(address.host))
      void this.#follow(address, security);
  }

  pause(): void {
    this.#resumed ??= new Promise((resolve) => {
      this.#goOn = resolve;
    });
  }

  resume(): void {
    this.#resumed = undefined;
    this.#goOn();
  }

  /** Stops it, now or again: nothing is handed over afterwards. */
  close(): void {
    this.#isClosed = true;
    this.resume();
    if (this.#socket !== undefined) closeForeign(this.#socket);
  }

  async #follow(address: WireAddress, security: Security): Promise<void> {
    const zeromq = await loadZeromq();
    if (this.#isClosed) return;
    const socket = keepForeign(
      new zeromq.Subscriber({
        ...FOREIGN_OPTIONS,
        ...curveOptions(address.key, security),
        ipv6: address.kind === "tcp" && address.host.startsWith("["),
        linger: 0,
        receiveHighWaterMark: FOREIGN_QUEUED_MAX,
      }),
    );
    this.#socket = socket;
    socket.subscribe();
    socket.connect(endpointText({ ...address, isPlain: false, key: undefined }));
    for await (const parts of socket) {
      while (this.#resumed !== undefined) await this.#resumed;
      this.#take(parts);
    }
  }
}

function curveOptions(
  serverKey: Buffer | undefined,
  security: Security,
): Partial<Pick<Subscriber, "curveServerKey" | "curvePublicKey" | "curveSecretKey">> {
  if (serverKey === undefined || security === undefined) return {};
  return {
    curveServerKey: encodeZ85(serverKey),
    curvePublicKey: encodeZ85(security.publicKey),
    curveSecretKey: encodeZ85(security.secretKey),
  };
}
