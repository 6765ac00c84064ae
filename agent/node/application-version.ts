import { sha256 } from "@noble/hashes/sha2.js";
import { hexOf } from "../core/hex.ts";
import { META_BYTES_MAX } from "../membership/announcement.ts";
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

/** As what travels with a board's membership; those for which there is no room are left out. */
export function encodeVersions(versions: readonly ApplicationVersion[]): Uint8Array {
  let bytes = new Uint8Array();
  for (let count = 1; count <= versions.length; count += 1) {
    const told = versions.slice(0, count).map(({ application, version }) => [application, version]);
    const longer = new TextEncoder().encode(JSON.stringify(told));
    if (longer.byteLength > META_BYTES_MAX) break;
    bytes = longer;
  }
  return bytes;
}

/** Empty for anything else: what another board says may be nonsense, or of a later version. */
export function decodeVersions(meta: Uint8Array): ReadonlyMap<string, string> {
  const told = parsed(new TextDecoder().decode(meta));
  const pairs = Array.isArray(told) ? (told as readonly unknown[]) : [];
  return new Map(
    pairs.flatMap((pair): [string, string][] => {
      const [application, version] = Array.isArray(pair) ? (pair as unknown[]) : [];
      return typeof application === "string" && typeof version === "string"
        ? [[application, version]]
        : [];
    }),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
