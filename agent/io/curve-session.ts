import type { CurveBox } from "./curve-box.ts";
import type { SecretSession } from "./mechanism.ts";
import { COMMAND, MORE } from "./zmtp-frames.ts";
import { encodeCommand } from "./zmtp-greeting.ts";

const SHORT_NONCE_BYTES = 8;
const MESSAGE = encodeCommand("MESSAGE");
const HEAD_BYTES = MESSAGE.byteLength + SHORT_NONCE_BYTES;

/** One side's counter of nonces: 1, 2, 3 … as eight bytes. */
export class NonceCounter {
  #last = 0n;

  next(): Buffer {
    this.#last += 1n;
    const nonce = Buffer.alloc(SHORT_NONCE_BYTES);
    nonce.writeBigUInt64BE(this.#last);
    return nonce;
  }
}

/** Messages after the handshake. Source: RFC 26/CurveZMQ, "MESSAGE command". */
export class CurveSession implements SecretSession {
  readonly #box: CurveBox;
  readonly #nonces: NonceCounter;
  readonly #sendPrefix: string;
  readonly #takePrefix: string;
  #lastTaken: bigint;

  /** `lastTaken`: the last nonce of the peer so far. */
  constructor(box: CurveBox, nonces: NonceCounter, role: "client" | "server", lastTaken: bigint) {
    this.#box = box;
    this.#nonces = nonces;
    this.#sendPrefix = role === "client" ? "CurveZMQMESSAGEC" : "CurveZMQMESSAGES";
    this.#takePrefix = role === "client" ? "CurveZMQMESSAGES" : "CurveZMQMESSAGEC";
    this.#lastTaken = lastTaken;
  }

  seal(flags: number, body: Uint8Array): Uint8Array {
    const plain = Buffer.allocUnsafe(1 + body.byteLength);
    plain[0] = ((flags & MORE) === 0 ? 0 : 1) | ((flags & COMMAND) === 0 ? 0 : 2);
    plain.set(body, 1);
    const nonce = this.#nonces.next();
    return Buffer.concat([MESSAGE, nonce, this.#box.seal(this.#sendPrefix, nonce, plain)]);
  }

  unseal(body: Buffer): { readonly flags: number; readonly body: Buffer } | undefined {
    if (body.byteLength < HEAD_BYTES) return undefined;
    if (!body.subarray(0, MESSAGE.byteLength).equals(MESSAGE)) return undefined;
    const nonce = body.subarray(MESSAGE.byteLength, HEAD_BYTES);
    const number = nonce.readBigUInt64BE();
    if (number <= this.#lastTaken) return undefined;
    const plain = this.#box.open(this.#takePrefix, nonce, body.subarray(HEAD_BYTES));
    const bits = plain?.[0];
    if (plain === undefined || bits === undefined) return undefined;
    this.#lastTaken = number;
    const flags = ((bits & 1) === 0 ? 0 : MORE) | ((bits & 2) === 0 ? 0 : COMMAND);
    return { flags, body: plain.subarray(1) };
  }
}
