/**
 * Why a board does not do what it was asked: a stable code and a sentence for people. An outcome that is
 * expected, so a value and no error. Codes are added, never renamed.
 */
export const REFUSALS = {
  APP_ABSENT: "the application is not on this board",
  BOARD_UNTRUSTING: "the board has no trust file, or it names no key",
  BUNDLE_ACTOR_TAKEN: "another application of this board has an actor of this name",
  BUNDLE_AGENT_OLD: "the bundle needs a newer agent than the board has",
  BUNDLE_ALTERED: "the signature does not hold: the manifest is not what was signed",
  BUNDLE_ARCHITECTURE: "the bundle is for other architectures",
  BUNDLE_BOARD: "the bundle is for other boards",
  BUNDLE_KEY_ROLE: "the key that signed the bundle may not deploy",
  BUNDLE_KEY_UNKNOWN: "the board's trust file does not name the key that signed the bundle",
  BUNDLE_MODEL: "the model or the deployment in the bundle has errors",
  BUNDLE_TOO_OLD: "a newer version was installed before; an admin may allow the downgrade",
  BUNDLE_UNREADABLE: "this is no bundle, or one of a later format",
  BUNDLE_UNSIGNED: "the bundle carries no signature",
  BUSY: "another controller is deploying this application on the board",
  CHUNK_UNWANTED: "nobody asked for this piece",
  CHUNKS_MISSING: "pieces of the bundle are missing",
  DISK_FULL: "the board's disk has no room for the bundle",
  NOTHING_PREVIOUS: "there is no earlier version to go back to",
  REQUEST_MALFORMED: "the request is none that the board knows",
  REQUEST_REPLAYED: "the request was made before, or in another session, or for another board",
  REQUEST_ROLE: "the role of this key does not allow that",
  REQUEST_UNSIGNED: "the request is not signed by a key of the board's trust file",
  TRIAL_OVER: "the version is not on trial any more: it failed, or was taken back",
} as const;

/** A stable name of a refusal. */
export type Refusal = keyof typeof REFUSALS;

/** Whether `text` is the name of a refusal. */
export function isRefusal(text: unknown): text is Refusal {
  return typeof text === "string" && Object.hasOwn(REFUSALS, text);
}
