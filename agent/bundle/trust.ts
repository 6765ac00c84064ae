import { AgentError } from "../core/errors.ts";
import { hexOf } from "../core/hex.ts";
import { recordOf } from "./canonical.ts";

/** What somebody may do: each may what the ones before may. */
export const ROLES = ["viewer", "operator", "admin"] as const;
/**
 *
 */
export type Role = (typeof ROLES)[number];

/** One key that a board knows. */
export interface TrustedKey {
  /** Ed25519 public key, in hex. */
  readonly key: string;
  readonly role: Role;
  /** Whose it is, for people. */
  readonly name: string;
}

/** Whom a board obeys. */
export interface Trust {
  readonly format: 1;
  readonly keys: readonly TrustedKey[];
}

/** A board that obeys nobody. */
export const NO_TRUST: Trust = { format: 1, keys: [] };

const KEYS_MAX = 1_000;

/** Whether `text` is the name of a role. */
export function isRole(text: unknown): text is Role {
  return ROLES.some((role) => role === text);
}

/**
 * Reads a trust file: JSON, {"format": 1, "keys": [{"key": hex, "role": …, "name": …}]}.
 * @throws AgentError TRUST_UNREADABLE with the reason: a board that misreads it would obey the wrong people.
 */
export function readTrust(text: string): Trust {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AgentError("TRUST_UNREADABLE", { reason: "it is no JSON" }, { cause: error });
  }
  const { format, keys } = recordOf(value) ?? {};
  const refuse = (reason: string): never => {
    throw new AgentError("TRUST_UNREADABLE", { reason });
  };
  if (format !== 1) return refuse("its format is not 1");
  if (!Array.isArray(keys) || keys.length > KEYS_MAX) return refuse("keys is no list of keys");
  const trusted = keys.map((each: unknown, index): TrustedKey => {
    const { key, role, name } = recordOf(each) ?? {};
    if (typeof key !== "string" || !/^[0-9a-f]{64}$/.test(key))
      return refuse(`key ${index + 1} is not 64 hexadecimal digits`);
    if (!isRole(role)) return refuse(`key ${index + 1} has no role of ${ROLES.join(", ")}`);
    if (typeof name !== "string" || name.length > 100)
      return refuse(`key ${index + 1} has no name`);
    return { key, role, name };
  });
  if (new Set(trusted.map(({ key }) => key)).size < trusted.length)
    return refuse("a key is named twice");
  return { format: 1, keys: trusted };
}

/** The entry of a public key; undefined when the board does not know it. */
export function trustedKey({ keys }: Trust, publicKey: Uint8Array): TrustedKey | undefined {
  const hex = hexOf(publicKey);
  return keys.find(({ key }) => key === hex);
}

/** Whether `role` may what takes `needed`. */
export function suffices(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
