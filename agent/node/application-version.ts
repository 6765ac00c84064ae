import { sha256 } from "@noble/hashes/sha2.js";
import { hexOf } from "../core/hex.ts";
import type { ApplicationTexts } from "./application-files.ts";

/** Digits of a version: enough to tell two states of the same files apart. */
const VERSION_BYTES = 4;

/** What a board says of the application that it runs, to all others. */
export interface ApplicationVersion {
  readonly application: string;
  /** The same for equal texts of model and deployment; 8 hexadecimal digits. */
  readonly version: string;
}

/** The version of an application by its texts. */
export function versionOf(application: string, texts: ApplicationTexts): ApplicationVersion {
  const whole = JSON.stringify([texts.modelText, texts.deploymentText]);
  const digest = sha256(new TextEncoder().encode(whole));
  return { application, version: hexOf(digest.subarray(0, VERSION_BYTES)) };
}

/** As what travels with a board's membership; nothing when its name is too long for that. */
export function encodeVersion({ application, version }: ApplicationVersion): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify({ application, version }));
  return bytes.byteLength > 200 ? new Uint8Array() : bytes;
}

/** Undefined for anything else: what another board says may be nonsense, or of a later version. */
export function decodeVersion(meta: Uint8Array): ApplicationVersion | undefined {
  let told: unknown;
  try {
    told = JSON.parse(new TextDecoder().decode(meta));
  } catch {
    return undefined;
  }
  const { application, version } = (told ?? {}) as Partial<Record<string, unknown>>;
  if (typeof application !== "string" || typeof version !== "string") return undefined;
  return { application, version };
}
