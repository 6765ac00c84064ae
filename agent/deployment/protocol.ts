import { Packr } from "msgpackr";
import { recordOf } from "../bundle/canonical.ts";
import { isHash } from "../bundle/chunks.ts";
import { joined } from "../bundle/envelope.ts";
import { isAppName } from "../bundle/manifest.ts";
import { isRefusal, type Refusal } from "../bundle/refusals.ts";
import type { Role } from "../bundle/trust.ts";
import { type Identity, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "../core/identity.ts";
import type { FailedVersion } from "./app-state.ts";

/** What a controller may tell a board. */
export type Command =
  | { readonly op: "status" }
  /** Here is a bundle's manifest: whether it is taken, and what is missing of it. The board is the sender's until then. */
  | { readonly op: "offer"; readonly envelope: Uint8Array; readonly allowsDowngrade: boolean }
  /** The sender does not want the offered bundle any more; when it is on trial it is taken back. */
  | { readonly op: "withdraw"; readonly app: string }
  /** Ask these boards for what is missing. */
  | { readonly op: "gather"; readonly app: string; readonly endpoints: readonly string[] }
  /** Install what was offered, run it on trial, and see whether it is healthy. */
  | { readonly op: "try"; readonly app: string; readonly id: string }
  /** Keep the version on trial. */
  | { readonly op: "confirm"; readonly app: string; readonly id: string }
  /** Take back the version on trial; where there is none, go back to the version before. */
  | { readonly op: "rollback"; readonly app: string }
  | { readonly op: "start" | "stop" | "remove"; readonly app: string };

/** Which role each command takes. */
export const ROLE_OF: Readonly<Record<Command["op"], Role>> = {
  status: "viewer",
  offer: "operator",
  withdraw: "operator",
  gather: "operator",
  try: "operator",
  confirm: "operator",
  rollback: "operator",
  start: "operator",
  stop: "operator",
  remove: "operator",
};

/** What a board answers to whoever says hello. */
export interface Greeting {
  readonly board: string;
  readonly architecture: string;
  readonly hedgerowVersion: string;
  /** Names the session: commands of this controller carry it. */
  readonly challenge: Uint8Array;
}

/** How an application stands on a board. */
export interface AppStatus {
  readonly app: string;
  /** trying: on trial, not healthy yet; healthy: on trial, to be confirmed. */
  readonly phase: "running" | "stopped" | "absent" | "trying" | "healthy";
  readonly current: string | null;
  readonly previous: string | null;
  readonly trial: string | null;
  readonly failed: FailedVersion | null;
  readonly actors: readonly string[];
}

/** One request, as it travels. */
export type Request =
  | { readonly kind: "hello" }
  /** Unsigned: whoever knows the hash knows what it is for. */
  | { readonly kind: "take"; readonly hash: string }
  /** Unsigned: taken only when an offer that was signed wants it. */
  | { readonly kind: "put"; readonly bytes: Uint8Array }
  | SignedCommand;

/** A command with who gives it. */
export interface SignedCommand {
  readonly kind: "command";
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly body: Uint8Array;
}

/** What is signed of a command: it holds for one board, in one session, once. */
export interface CommandBody {
  readonly board: string;
  readonly challenge: Uint8Array;
  /** Grows with every command of the session. */
  readonly number: number;
  readonly command: Command;
}

/** One answer, as it travels. */
export type Reply =
  | { readonly kind: "greeting"; readonly greeting: Greeting }
  | { readonly kind: "chunk"; readonly bytes: Uint8Array }
  | { readonly kind: "apps"; readonly apps: readonly AppStatus[] }
  | { readonly kind: "missing"; readonly hashes: readonly string[] }
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly code: Refusal; readonly detail: string };

const packr = new Packr({ useRecords: false });
const HEADER = new TextEncoder().encode("HGD1");
const DOMAIN = new TextEncoder().encode("hedgerow deployment command 1\n");
const ENDPOINTS_MAX = 64;
const HASHES_MAX = 20_000;
const TEXT_LENGTH_MAX = 1_000;

/** Lays out a request or a reply. */
export function encode(message: Request | Reply): Uint8Array {
  return joined(HEADER, packr.pack(message));
}

/** Signs a command. */
export function signCommand(
  body: CommandBody,
  signer: Pick<Identity, "publicKey" | "sign">,
): SignedCommand {
  const bytes = new Uint8Array(packr.pack(body));
  const signature = signer.sign(joined(DOMAIN, bytes));
  return { kind: "command", publicKey: signer.publicKey, signature, body: bytes };
}

/** What a signed command says, when its signature holds. */
export function openCommand(
  { publicKey, signature, body }: SignedCommand,
  verify: Identity["verify"],
): CommandBody | undefined {
  if (!verify(publicKey, joined(DOMAIN, body), signature)) return undefined;
  const { board, challenge, number, command } = recordOf(unpack(body)) ?? {};
  const read = readCommand(command);
  if (!isText(board) || !isBytes(challenge) || !Number.isSafeInteger(number)) return undefined;
  return read && { board, challenge, number: number as number, command: read };
}

/** The request in a frame; undefined for anything else. */
export function decodeRequest(frame: Uint8Array): Request | undefined {
  const value = contentOf(frame);
  if (value === undefined) return undefined;
  const { kind, hash, bytes, publicKey, signature, body } = value;
  if (kind === "hello") return { kind };
  if (kind === "take" && isHash(hash)) return { kind, hash };
  if (kind === "put" && isBytes(bytes)) return { kind, bytes };
  if (kind !== "command" || !isBytes(body)) return undefined;
  if (!isBytes(publicKey) || publicKey.byteLength !== PUBLIC_KEY_BYTES) return undefined;
  if (!isBytes(signature) || signature.byteLength !== SIGNATURE_BYTES) return undefined;
  return { kind, publicKey, signature, body };
}

/** The reply in a frame; undefined for anything else. */
export function decodeReply(frame: Uint8Array): Reply | undefined {
  const value = contentOf(frame);
  if (value === undefined) return undefined;
  const { kind, greeting, bytes, apps, hashes, code, detail } = value;
  if (kind === "done") return { kind };
  if (kind === "chunk" && isBytes(bytes)) return { kind, bytes };
  if (kind === "missing" && areHashes(hashes)) return { kind, hashes };
  if (kind === "refused" && isRefusal(code) && isText(detail ?? "", 0))
    return { kind, code, detail: detail as string };
  if (kind === "greeting" && isGreeting(greeting)) return { kind, greeting };
  if (kind === "apps" && Array.isArray(apps) && apps.every(isStatus)) return { kind, apps };
  return undefined;
}

function readCommand(value: unknown): Command | undefined {
  const { op, app, id, envelope, allowsDowngrade, endpoints } = recordOf(value) ?? {};
  if (op === "status") return { op };
  if (op === "offer")
    return isBytes(envelope) && typeof allowsDowngrade === "boolean"
      ? { op, envelope, allowsDowngrade }
      : undefined;
  if (typeof app !== "string" || !isAppName(app)) return undefined;
  if (op === "try" || op === "confirm") return isText(id) ? { op, app, id } : undefined;
  if (op === "gather") {
    const areFit =
      Array.isArray(endpoints) &&
      endpoints.length <= ENDPOINTS_MAX &&
      endpoints.every((each) => isText(each));
    return areFit ? { op, app, endpoints: endpoints } : undefined;
  }
  const isPlain = ["withdraw", "rollback", "start", "stop", "remove"].some((name) => name === op);
  return isPlain ? { op: op as "stop", app } : undefined;
}

function isGreeting(value: unknown): value is Greeting {
  const { board, architecture, hedgerowVersion, challenge } = recordOf(value) ?? {};
  return [board, architecture, hedgerowVersion].every((each) => isText(each)) && isBytes(challenge);
}

const PHASES = ["running", "stopped", "absent", "trying", "healthy"];

function isStatus(value: unknown): value is AppStatus {
  const { app, phase, current, previous, trial, failed, actors } = recordOf(value) ?? {};
  const { id, reason } = recordOf(failed) ?? {};
  const isFailed = failed === null || (isText(id) && isText(reason, 0));
  const areIds = [current, previous, trial].every((each) => each === null || isText(each));
  const areActors = Array.isArray(actors) && actors.every((each) => isText(each));
  return isText(app) && PHASES.some((each) => each === phase) && areIds && isFailed && areActors;
}

function contentOf(frame: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (HEADER.some((byte, index) => frame[index] !== byte)) return undefined;
  return recordOf(unpack(frame.subarray(HEADER.length)));
}

function unpack(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes);
  } catch {
    return undefined;
  }
}

function areHashes(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= HASHES_MAX && value.every(isHash);
}

function isText(value: unknown, lengthMin = 1): value is string {
  return typeof value === "string" && value.length >= lengthMin && value.length <= TEXT_LENGTH_MAX;
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}
