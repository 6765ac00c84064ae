import { encodeZ85 } from "./curve-keys.ts";
import type { Security, SocketType } from "./link.ts";
import { type Mechanism, NullMechanism } from "./mechanism.ts";
import type { WireAddress } from "./wire-address.ts";
import { encodeMetadata } from "./zmtp-greeting.ts";

/** Makes the mechanism of one connection. */
export type MakeMechanism = () => Mechanism;

/** How this side lets others in. CURVE is loaded only where it is used. */
export async function serverMechanism(
  security: Security,
  type: SocketType,
): Promise<MakeMechanism> {
  const metadata = encodeMetadata(type, true);
  if (security === undefined) return () => new NullMechanism(metadata);
  const { CurveServer } = await import("./curve-mechanism.ts");
  return () => new CurveServer(metadata, security);
}

/**
 * How this side gets in at `address`; undefined: it must not. With keys of our own we talk to nobody
 * without, save who is said to be plain; and without any, not to who has some.
 */
export async function clientMechanism(
  security: Security,
  type: SocketType,
  address: WireAddress,
): Promise<MakeMechanism | undefined> {
  const { key, isPlain } = address;
  const metadata = encodeMetadata(type, !isPlain);
  if (key === undefined)
    return security === undefined || isPlain ? () => new NullMechanism(metadata) : undefined;
  if (security === undefined) return undefined;
  const { CurveClient } = await import("./curve-mechanism.ts");
  return () => new CurveClient(metadata, security, key);
}

/**
 * Whether the owner of the address's key is somebody whom we would let in too: an address is what somebody says, on a
 * LAN anybody. May change while we run. A stranger's key stands in the deployment, and is the right one.
 */
export function isTrusted(security: Security, { key, isPlain }: WireAddress): boolean {
  if (security === undefined || key === undefined || isPlain) return true;
  return security.allow(encodeZ85(key));
}
