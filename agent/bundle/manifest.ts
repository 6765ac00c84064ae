import { isTreePath } from "../core/tree.ts";
import { type Canonical, canonicalText, readCanonical, recordOf } from "./canonical.ts";
import { CHUNK_BYTES_MAX, type Chunk, isHash } from "./chunks.ts";
import { isVersion } from "./version.ts";

/** Most files of a bundle, and most bytes of all of them: a board has 512 MiB and an SD card. */
export const FILES_MAX = 2_000;
export /**
 *
 */
const BUNDLE_BYTES_MAX = 64 * 1024 * 1024;

/** What a bundle says of itself: everything that its signature covers. */
export interface Manifest {
  readonly format: 1;
  /** Name of the application, as its model has it. */
  readonly app: string;
  /** Semantic version. */
  readonly version: string;
  /** Grows with every bundle of an application: an older one is not installed over a newer one. */
  readonly sequence: number;
  /** Milliseconds since 1970, for people. */
  readonly createdAtMs: number;
  /** Oldest version of Hedgerow that runs it. */
  readonly hedgerowVersionMin: string;
  /** Names as Node has them (arm, arm64, x64); none: it runs on any. */
  readonly architectures: readonly string[];
  /** Boards that it may be installed on; none: those of its deployment. */
  readonly boards: readonly string[];
  /** Paths of files below: the model, the deployment, and the compiled module that exports `application`. */
  readonly model: string;
  readonly deployment: string;
  /** Absent: the application is one of the agent's build. */
  readonly code: string | null;
  readonly ready: ReadyTerms;
  readonly files: readonly BundledFile[];
}

/** When a version counts as healthy; see GateRule. */
export interface ReadyTerms {
  /** Every actor has to be active and say that it is healthy within this time, in ms. */
  readonly deadlineMs: number;
  /** And none may end for so long after that, in ms. */
  readonly settleMs: number;
}

/** One file, in its pieces. */
export interface BundledFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly chunks: readonly Chunk[];
}

/** Bounds of ReadyTerms, in ms. */
export const DEADLINE_MS_MAX = 3_600_000;
export /**
 *
 */
const SETTLE_MS_MAX = 600_000;

/** The text that is signed. */
export function manifestText(manifest: Manifest): string {
  return canonicalText(manifest as unknown as Canonical);
}

/** All chunks, each once, in the order of the files. */
export function chunksOf({ files }: Manifest): readonly Chunk[] {
  const chunks = new Map<string, Chunk>();
  for (const file of files) for (const chunk of file.chunks) chunks.set(chunk.hash, chunk);
  return [...chunks.values()];
}

/** The manifest that `text` is; undefined when it is none, or not in its one form. */
export function readManifest(text: string): Manifest | undefined {
  const value = recordOf(readCanonical(text));
  if (value === undefined || !hasHead(value) || !hasFiles(value["files"])) return undefined;
  const manifest = value as unknown as Manifest;
  const paths = new Set(manifest.files.map(({ path }) => path));
  const named = [
    manifest.model,
    manifest.deployment,
    ...(manifest.code === null ? [] : [manifest.code]),
  ];
  const totalBytes = manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (paths.size !== manifest.files.length || named.some((path) => !paths.has(path)))
    return undefined;
  // A name cannot be a file and a folder.
  const isFolder = (path: string): boolean =>
    [...paths].some((other) => other.startsWith(`${path}/`));
  return totalBytes > BUNDLE_BYTES_MAX || [...paths].some(isFolder) ? undefined : manifest;
}

const isText = (value: unknown): boolean => typeof value === "string" && value.length <= 200;
const isCount = (value: unknown, max = Number.MAX_SAFE_INTEGER): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
const areNames = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length <= 1_000 &&
  value.every((name) => typeof name === "string" && /^[\w.-]{1,100}$/.test(name));
const isVersionText = (value: unknown): boolean => typeof value === "string" && isVersion(value);

const HEAD: Readonly<Record<string, (value: unknown) => boolean>> = {
  format: (value) => value === 1,
  app: (value) => typeof value === "string" && isAppName(value),
  version: isVersionText,
  sequence: (value) => isCount(value),
  createdAtMs: (value) => isCount(value),
  hedgerowVersionMin: isVersionText,
  architectures: areNames,
  boards: areNames,
  model: isText,
  deployment: isText,
  code: (value) => value === null || isText(value),
  ready: (value) => {
    const ready = recordOf(value);
    return (
      ready !== undefined &&
      Object.keys(ready).length === 2 &&
      isCount(ready["deadlineMs"], DEADLINE_MS_MAX) &&
      isCount(ready["settleMs"], SETTLE_MS_MAX)
    );
  },
  files: Array.isArray,
};

/** Whether an application may be called so. */
export function isAppName(text: string): boolean {
  return /^[A-Za-z_]\w{0,99}$/.test(text);
}

/** Exactly the names of the interface: a field that nobody reads is one that somebody relies on. */
function hasHead(value: Readonly<Record<string, unknown>>): boolean {
  return (
    Object.keys(value).length === Object.keys(HEAD).length &&
    Object.entries(HEAD).every(([name, isFit]) => isFit(value[name]))
  );
}

function hasFiles(value: unknown): boolean {
  return Array.isArray(value) && value.length <= FILES_MAX && value.every(isFile);
}

function isFile(value: unknown): boolean {
  const { path, sizeBytes, chunks } = recordOf(value) ?? {};
  if (typeof path !== "string" || !isTreePath(path) || !Array.isArray(chunks)) return false;
  if (chunks.length > BUNDLE_BYTES_MAX / CHUNK_BYTES_MAX + 4_096 || !chunks.every(isChunk))
    return false;
  const sum = (chunks as readonly Chunk[]).reduce((total, chunk) => total + chunk.sizeBytes, 0);
  return sizeBytes === sum;
}

function isChunk(value: unknown): boolean {
  const { hash, sizeBytes } = recordOf(value) ?? {};
  return isHash(hash) && isCount(sizeBytes, CHUNK_BYTES_MAX) && sizeBytes !== 0;
}
