import type { SocketType } from "./link.ts";

// What two peers say before any message. Source: RFC 37/ZMTP, sections "Greeting" and "Metadata".

/** Length of a greeting. */
export const GREETING_BYTES = 64;
/** A property of ours in the metadata; others ignore names that begin with X-. */
const OURS = "X-Hedgerow";

const PEERS: Readonly<Record<SocketType, readonly string[]>> = {
  PUB: ["SUB", "XSUB"],
  SUB: ["PUB", "XPUB"],
  DEALER: ["REP", "ROUTER"],
  ROUTER: ["REQ", "DEALER"],
};

/** The first 64 bytes of a connection. */
export function encodeGreeting(mechanism: string, asServer: boolean): Buffer {
  const greeting = Buffer.alloc(GREETING_BYTES);
  greeting[0] = 0xff;
  greeting[9] = 0x7f;
  greeting[10] = 3;
  greeting[11] = 1;
  greeting.write(mechanism, 12, "latin1");
  greeting[32] = asServer ? 1 : 0;
  return greeting;
}

/** What a peer's greeting says; undefined when it speaks something else, or a version before 3. */
export function decodeGreeting(
  greeting: Buffer,
): { readonly mechanism: string; readonly minor: number } | undefined {
  if (greeting[0] !== 0xff || greeting[9] !== 0x7f || (greeting[10] ?? 0) < 3) return undefined;
  const mechanism = greeting.toString("latin1", 12, 32).replace(/\0+$/, "");
  return { mechanism, minor: greeting[10] === 3 ? (greeting[11] ?? 0) : 1 };
}

/** A command's body: its name and what it says. */
export function encodeCommand(name: string, body: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name, "latin1"), body]);
}

/** The name of a command and what it says; undefined when it is malformed. */
export function decodeCommand(
  command: Buffer,
): { readonly name: string; readonly body: Buffer } | undefined {
  const end = 1 + (command[0] ?? 0);
  if (command.byteLength < end || end < 2) return undefined;
  return { name: command.toString("latin1", 1, end), body: command.subarray(end) };
}

/** What one side tells of itself; `isOurs`: that it is a Wire of this runtime. */
export function encodeMetadata(type: SocketType, isOurs: boolean): Buffer {
  const properties: [string, string][] = [["Socket-Type", type]];
  if (type === "DEALER" || type === "ROUTER") properties.push(["Identity", ""]);
  if (isOurs) properties.push([OURS, "1"]);
  const parts = properties.map(([name, value]) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(value.length);
    return Buffer.concat([encodeCommand(name), length, Buffer.from(value, "latin1")]);
  });
  return Buffer.concat(parts);
}

/** Whether a peer of `type` says it is ours; undefined when it is malformed, or no peer for such a socket. */
export function decodeMetadata(
  type: SocketType,
  metadata: Buffer,
): { readonly isOurs: boolean } | undefined {
  const properties = new Map<string, string>();
  for (let rest = metadata; rest.byteLength > 0; ) {
    const property = decodeCommand(rest);
    if (property === undefined || property.body.byteLength < 4) return undefined;
    const end = 4 + property.body.readUInt32BE();
    if (property.body.byteLength < end) return undefined;
    properties.set(property.name.toLowerCase(), property.body.toString("latin1", 4, end));
    rest = property.body.subarray(end);
  }
  if (!PEERS[type].includes(properties.get("socket-type") ?? "")) return undefined;
  return { isOurs: properties.has(OURS.toLowerCase()) };
}
