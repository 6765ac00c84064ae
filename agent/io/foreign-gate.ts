import type { Buffer } from "node:buffer";
import type { Context, Reply, Socket, SocketOptions } from "zeromq";
import { type CurveIdentity, encodeZ85, KEY_BYTES } from "./curve-keys.ts";
import { closeForeign, keepForeign, unbind, type Zeromq } from "./foreign-sockets.ts";
import type { Security } from "./link.ts";

/** Where libzmq asks whether a client may come in. Source: RFC 27/ZAP. */
const ZAP_ADDRESS = "inproc://zeromq.zap.01";

const gates = new WeakMap<CurveIdentity, ForeignGate>();

/** How the doors of one identity are kept: options of their sockets, and an end of their use. */
export interface DoorSecurity {
  readonly options: SocketOptions<Socket> & { readonly curveServer?: boolean };
  /** Called once, when the door has been closed. */
  readonly leave: () => void;
}

/** How a door is secured by `security`. */
export function doorSecurity(zeromq: Zeromq, security: Security): DoorSecurity {
  if (security === undefined) return { options: {}, leave: () => undefined };
  let gate = gates.get(security);
  if (gate === undefined) {
    gate = new ForeignGate(zeromq, security);
    gates.set(security, gate);
  }
  return gate.enter();
}

/**
 * Answers libzmq who may come in, for all doors of one identity, as long as one is open.
 * It has a context of its own, because a context asks at one place only.
 */
class ForeignGate {
  readonly #zeromq: Zeromq;
  readonly #identity: CurveIdentity;
  readonly #context: Context;
  #doorCount = 0;
  #keeper: Reply | undefined;

  constructor(zeromq: Zeromq, identity: CurveIdentity) {
    this.#zeromq = zeromq;
    this.#identity = identity;
    this.#context = new zeromq.Context();
  }

  enter(): DoorSecurity {
    this.#doorCount += 1;
    if (this.#keeper === undefined) {
      const keeper = keepForeign(new this.#zeromq.Reply({ context: this.#context, linger: 0 }));
      this.#keeper = keeper;
      keeper.bindSync(ZAP_ADDRESS);
      void this.#answer(keeper);
    }
    const options = {
      context: this.#context,
      curveServer: true,
      curveSecretKey: encodeZ85(this.#identity.secretKey),
    };
    return { options, leave: () => this.#left() };
  }

  #left(): void {
    this.#doorCount -= 1;
    if (this.#doorCount > 0 || this.#keeper === undefined) return;
    // Closing alone frees the address later, on another thread.
    unbind(this.#keeper, ZAP_ADDRESS);
    closeForeign(this.#keeper);
    this.#keeper = undefined;
  }

  async #answer(keeper: Reply): Promise<void> {
    for await (const [version, requestId, , , , , key] of keeper) {
      const isAllowed = key?.byteLength === KEY_BYTES && this.#allows(key);
      const [status, text] = isAllowed ? ["200", "OK"] : ["400", "not allowed"];
      await keeper.send([version ?? "", requestId ?? "", status, text, "", ""]);
    }
  }

  #allows(key: Buffer): boolean {
    return this.#identity.allow(encodeZ85(key));
  }
}
