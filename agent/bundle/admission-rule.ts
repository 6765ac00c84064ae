import type { SignedManifest } from "./envelope.ts";
import type { Refusal } from "./refusals.ts";
import { suffices, type Trust, trustedKey } from "./trust.ts";
import { compareVersions } from "./version.ts";

/** What a board knows when a bundle is offered to it. */
export interface BoardFacts {
  readonly board: string;
  /** As Node names it: arm, arm64, x64. */
  readonly architecture: string;
  /** Version of Hedgerow on the board. */
  readonly hedgerowVersion: string;
  readonly trust: Trust;
}

/** What of the application is on the board already. */
export interface InstalledFacts {
  /** Version that runs now; undefined: none. */
  readonly version: string | undefined;
  /** Highest sequence number that ever ran here; -1: none. */
  readonly sequenceMax: number;
}

/**
 * Whether a board takes a bundle; why not, otherwise. Pure.
 * A bundle that is there already is no matter of this: see AppStore.
 */
export function admit(
  { manifest, publicKey }: SignedManifest,
  { board, architecture, hedgerowVersion, trust }: BoardFacts,
  { version, sequenceMax }: InstalledFacts,
  allowsDowngrade: boolean,
): Refusal | undefined {
  const signer = trustedKey(trust, publicKey);
  if (signer === undefined) return "BUNDLE_KEY_UNKNOWN";
  if (!suffices(signer.role, "operator")) return "BUNDLE_KEY_ROLE";
  const { architectures, boards } = manifest;
  if (architectures.length > 0 && !architectures.includes(architecture))
    return "BUNDLE_ARCHITECTURE";
  if (boards.length > 0 && !boards.includes(board)) return "BUNDLE_BOARD";
  if (compareVersions(hedgerowVersion, manifest.hedgerowVersionMin) < 0) return "BUNDLE_AGENT_OLD";
  if (allowsDowngrade) return undefined;
  if (manifest.sequence <= sequenceMax) return "BUNDLE_TOO_OLD";
  const isLower = version !== undefined && compareVersions(manifest.version, version) < 0;
  return isLower ? "BUNDLE_TOO_OLD" : undefined;
}
