import { randomBytes } from "node:crypto";
import { CurveBox, TAG_BYTES } from "./curve-box.ts";
import { type CurveIdentity, encodeZ85, KEY_BYTES, makeRawKeys } from "./curve-keys.ts";
import { CurveSession, NonceCounter } from "./curve-session.ts";
import type { HandshakeStep, Mechanism } from "./mechanism.ts";
import { decodeCommand, encodeCommand } from "./zmtp-greeting.ts";

// Handshake of CURVE. Source: RFC 26/CurveZMQ; names as there: C and S are the long-term keys of client
// and server, C' and S' those of this connection, which are forgotten with it.

const COOKIE_BYTES = 96;
const LONG_NONCE_BYTES = 16;
const NONCE_BYTES = 8;
const PADDING_BYTES = 72;
const VOUCH_BYTES = LONG_NONCE_BYTES + 2 * KEY_BYTES + TAG_BYTES;
const HELLO_BYTES = 2 + PADDING_BYTES + KEY_BYTES + NONCE_BYTES + 2 * KEY_BYTES + TAG_BYTES;
const WELCOME_BYTES = LONG_NONCE_BYTES + KEY_BYTES + COOKIE_BYTES + TAG_BYTES;

/** The side that connects, and knows the server's public key. */
export class CurveClient implements Mechanism {
  readonly name = "CURVE";
  session: CurveSession | undefined;
  readonly #metadata: Buffer;
  readonly #own: CurveIdentity;
  readonly #ephemeral = makeRawKeys();
  readonly #serverKey: Buffer;
  readonly #nonces = new NonceCounter();
  #box: CurveBox | undefined;

  constructor(metadata: Buffer, identity: CurveIdentity, serverKey: Buffer) {
    this.#metadata = metadata;
    this.#own = identity;
    this.#serverKey = serverKey;
  }

  begin(): Buffer | undefined {
    const { publicKey, secretKey } = this.#ephemeral;
    const nonce = this.#nonces.next();
    const zeros = Buffer.alloc(2 * KEY_BYTES);
    const proof = CurveBox.between(secretKey, this.#serverKey)?.seal(
      "CurveZMQHELLO---",
      nonce,
      zeros,
    );
    if (proof === undefined) return undefined;
    const version = Buffer.of(1, 0);
    const parts = [version, Buffer.alloc(PADDING_BYTES), publicKey, nonce, proof];
    return encodeCommand("HELLO", Buffer.concat(parts));
  }

  take(command: Buffer): HandshakeStep | undefined {
    const said = decodeCommand(command);
    if (said?.name === "WELCOME" && this.#box === undefined) return this.#initiate(said.body);
    // In the clear: it says why there is no link, and decides nothing else.
    if (said?.name === "ERROR") return { wasRefused: true };
    if (said?.name === "READY" && this.#box !== undefined) return this.#ready(this.#box, said.body);
    return undefined;
  }

  #initiate(welcome: Buffer): HandshakeStep | undefined {
    if (welcome.byteLength !== WELCOME_BYTES) return undefined;
    const { publicKey, secretKey } = this.#ephemeral;
    const plain = CurveBox.between(secretKey, this.#serverKey)?.open(
      "WELCOME-",
      welcome.subarray(0, LONG_NONCE_BYTES),
      welcome.subarray(LONG_NONCE_BYTES),
    );
    if (plain === undefined) return undefined;
    const serverEphemeral = plain.subarray(0, KEY_BYTES);
    const cookie = plain.subarray(KEY_BYTES);
    const box = CurveBox.between(secretKey, serverEphemeral);
    const vouchNonce = randomBytes(LONG_NONCE_BYTES);
    const vouch = CurveBox.between(this.#own.secretKey, serverEphemeral)?.seal(
      "VOUCH---",
      vouchNonce,
      Buffer.concat([publicKey, this.#serverKey]),
    );
    if (box === undefined || vouch === undefined) return undefined;
    this.#box = box;
    const nonce = this.#nonces.next();
    const told = Buffer.concat([this.#own.publicKey, vouchNonce, vouch, this.#metadata]);
    const sealed = box.seal("CurveZMQINITIATE", nonce, told);
    return { reply: encodeCommand("INITIATE", Buffer.concat([cookie, nonce, sealed])) };
  }

  #ready(box: CurveBox, ready: Buffer): HandshakeStep | undefined {
    if (ready.byteLength < NONCE_BYTES) return undefined;
    const nonce = ready.subarray(0, NONCE_BYTES);
    const peerMetadata = box.open("CurveZMQREADY---", nonce, ready.subarray(NONCE_BYTES));
    if (peerMetadata === undefined) return undefined;
    this.session = new CurveSession(box, this.#nonces, "client", nonce.readBigUInt64BE());
    return { peerMetadata };
  }
}

/** The side that binds: only who knows its public key, and is allowed, gets through. */
export class CurveServer implements Mechanism {
  readonly name = "CURVE";
  session: CurveSession | undefined;
  readonly #metadata: Buffer;
  readonly #identity: CurveIdentity;
  readonly #nonces = new NonceCounter();
  /** What one client was welcomed with. */
  #welcomed:
    | { readonly clientEphemeral: Buffer; readonly secretKey: Buffer; readonly cookie: Buffer }
    | undefined;

  constructor(metadata: Buffer, identity: CurveIdentity) {
    this.#metadata = metadata;
    this.#identity = identity;
  }

  begin(): undefined {
    return undefined;
  }

  take(command: Buffer): HandshakeStep | undefined {
    const said = decodeCommand(command);
    if (said?.name === "HELLO" && this.#welcomed === undefined) return this.#welcome(said.body);
    if (said?.name === "INITIATE" && this.session === undefined) return this.#admit(said.body);
    return undefined;
  }

  #welcome(hello: Buffer): HandshakeStep | undefined {
    if (hello.byteLength !== HELLO_BYTES || hello[0] !== 1) return undefined;
    const from = 2 + PADDING_BYTES;
    const clientEphemeral = Buffer.from(hello.subarray(from, from + KEY_BYTES));
    const nonce = hello.subarray(from + KEY_BYTES, from + KEY_BYTES + NONCE_BYTES);
    const box = CurveBox.between(this.#identity.secretKey, clientEphemeral);
    const proof = hello.subarray(from + KEY_BYTES + NONCE_BYTES);
    if (box?.open("CurveZMQHELLO---", nonce, proof) === undefined) return undefined;
    const { publicKey, secretKey } = makeRawKeys();
    // The cookie lets a server forget who it welcomed; this one remembers, and only compares it.
    const cookie = randomBytes(COOKIE_BYTES);
    this.#welcomed = { clientEphemeral, secretKey, cookie };
    const long = randomBytes(LONG_NONCE_BYTES);
    const sealed = box.seal("WELCOME-", long, Buffer.concat([publicKey, cookie]));
    return { reply: encodeCommand("WELCOME", Buffer.concat([long, sealed])) };
  }

  #admit(initiate: Buffer): HandshakeStep | undefined {
    const welcomed = this.#welcomed;
    const from = COOKIE_BYTES + NONCE_BYTES;
    if (welcomed === undefined || initiate.byteLength < from) return undefined;
    if (!initiate.subarray(0, COOKIE_BYTES).equals(welcomed.cookie)) return undefined;
    const nonce = initiate.subarray(COOKIE_BYTES, from);
    const box = CurveBox.between(welcomed.secretKey, welcomed.clientEphemeral);
    const plain = box?.open("CurveZMQINITIATE", nonce, initiate.subarray(from));
    if (box === undefined || plain === undefined || plain.byteLength < KEY_BYTES + VOUCH_BYTES)
      return undefined;
    const clientKey = plain.subarray(0, KEY_BYTES);
    const vouch = plain.subarray(KEY_BYTES, KEY_BYTES + VOUCH_BYTES);
    const vouched = CurveBox.between(welcomed.secretKey, clientKey)?.open(
      "VOUCH---",
      vouch.subarray(0, LONG_NONCE_BYTES),
      vouch.subarray(LONG_NONCE_BYTES),
    );
    if (
      vouched?.equals(Buffer.concat([welcomed.clientEphemeral, this.#identity.publicKey])) !== true
    )
      return undefined;
    if (!this.#identity.allow(encodeZ85(clientKey)))
      return { reply: encodeCommand("ERROR", encodeCommand("400")), isRefused: true };
    const readyNonce = this.#nonces.next();
    const sealed = box.seal("CurveZMQREADY---", readyNonce, this.#metadata);
    this.session = new CurveSession(box, this.#nonces, "server", nonce.readBigUInt64BE());
    return {
      reply: encodeCommand("READY", Buffer.concat([readyNonce, sealed])),
      peerMetadata: plain.subarray(KEY_BYTES + VOUCH_BYTES),
    };
  }
}
