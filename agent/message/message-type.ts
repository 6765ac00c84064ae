import type { Packr } from "msgpackr";
import { Packr as PlainPackr } from "msgpackr/pack";
import { AgentError } from "../core/errors.ts";
import type { Field } from "./field.ts";

/** A kind of message: its name in the model, its shape, and its encoding. */
export interface MessageType<T> {
  readonly name: string;
  /** Short hash of the shape: boards connect only when it agrees. */
  readonly fingerprint: string;
  /** @throws AgentError MESSAGE_MALFORMED: the sender's own mistake, seen before it travels. */
  encode(message: T): Uint8Array;
  /** The message, or undefined for anything that is not of this type: on a wire, noise is normal. */
  decode(frame: Uint8Array): T | undefined;
}

/** The TypeScript type of a message type's messages. */
export type MessageOf<T> = T extends MessageType<infer M> ? M : never;

// Plain MessagePack maps, no records shared between the two sides: any reader can follow, and a
// restarted peer needs no memory of earlier frames.
// The entry of plain JavaScript loads no native code, which an actor's start would pay for; the types
// that it declares point nowhere.
const packr = new (PlainPackr as unknown as typeof Packr)({
  useRecords: false,
  mapsAsObjects: true,
  int64AsType: "bigint",
});

/** Names a message type of the model. */
export function message<T>(name: string, shape: Field<T>): MessageType<T> {
  return {
    name,
    fingerprint: fnv1a(`${name}${shape.signature}`),
    encode(value) {
      const fault = shape.fault(value);
      if (fault !== undefined) throw new AgentError("MESSAGE_MALFORMED", { message: name, fault });
      return packr.pack(value);
    },
    decode(frame) {
      const value = unpack(frame);
      return shape.fault(value) === undefined ? shape.pick(value) : undefined;
    },
  };
}

/** Undefined for bytes that are not MessagePack: the library reports those by throwing. */
function unpack(frame: Uint8Array): unknown {
  try {
    return packr.unpack(frame);
  } catch {
    return undefined;
  }
}

/** FNV-1a, 32 bits: tells shapes apart by accident, not by malice. Source: RFC 9923. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, "0");
}
