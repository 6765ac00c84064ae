import { type Chunk, hashOf } from "../bundle/chunks.ts";
import { openManifest, type SignedManifest } from "../bundle/envelope.ts";
import { type BundledFile, chunksOf, isAppName } from "../bundle/manifest.ts";
import { AgentError } from "../core/errors.ts";
import type { Identity } from "../core/identity.ts";
import { removeAll, type Tree } from "../core/tree.ts";
import { type AppState, decodeState, encodeState, NO_STATE } from "./app-state.ts";

/** One application as the store has it. */
export interface StoredApp {
  readonly app: string;
  readonly state: AppState;
}

/** Where a piece of a file of some version lies. */
interface Place {
  readonly path: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

const ROOT = "apps";
const INSTALLED = `${ROOT}/installed`;
const STAGING = `${ROOT}/staging`;
const NEW = "new-";
const REMOVED = "removed-";

/** The name of a version on this board: no two contents have one. */
export function idOf({ manifest: { version }, envelope }: SignedManifest): string {
  return `${version}-${hashOf(envelope).slice(0, 16)}`;
}

/**
 * The applications on a board's disk: versions side by side, one of them current.
 *
 *     apps/staging/HASH                     chunks of bundles that are being taken in
 *     apps/installed/APP/state              which version runs; replaced by a rename
 *     apps/installed/APP/ID/manifest        as it was signed
 *     apps/installed/APP/ID/files/…         what it carries
 *
 * Invariants: a folder APP/ID is there only with everything in it, durable, and hashed against what was
 * signed; `state` names only such folders, whenever the power is cut. Installed files are the store of
 * chunks too: only what is on its way lies twice. What a cut leaves half done, `recover` removes.
 * One writer: whoever calls waits for one change before the next.
 */
export class AppStore {
  readonly #tree: Tree;
  readonly #verify: Identity["verify"];
  readonly #apps = new Map<string, AppState>();
  /** Manifests of installed versions, by APP/ID. */
  readonly #manifests = new Map<string, SignedManifest>();
  readonly #places = new Map<string, Place>();
  readonly #staged = new Set<string>();

  private constructor(tree: Tree, verify: Identity["verify"]) {
    this.#tree = tree;
    this.#verify = verify;
  }

  /** Opens the store of this board, and clears away what a loss of power has left. */
  static async recover(tree: Tree, verify: Identity["verify"]): Promise<AppStore> {
    const store = new AppStore(tree, verify);
    for (const [folder, parent] of [
      [ROOT, ""],
      [INSTALLED, ROOT],
      [STAGING, ROOT],
    ] as const) {
      await tree.makeFolder(folder);
      await tree.sync(parent);
    }
    for (const { name } of (await tree.list(INSTALLED)) ?? []) await store.#recoverApp(name);
    for (const { name } of (await tree.list(STAGING)) ?? []) {
      const isInstalled = store.#places.has(name);
      if (!isInstalled) store.#staged.add(name);
      // Nothing of it was synced: it may be torn.
      if (isInstalled || (await store.chunk(name)) === undefined)
        await tree.remove(`${STAGING}/${name}`);
    }
    return store;
  }

  /** Every application that is here, by name. */
  get apps(): readonly StoredApp[] {
    return [...this.#apps].map(([app, state]) => ({ app, state }));
  }

  stateOf(app: string): AppState {
    return this.#apps.get(app) ?? NO_STATE;
  }

  /** The manifest of an installed version. */
  manifestOf(app: string, id: string): SignedManifest | undefined {
    return this.#manifests.get(`${app}/${id}`);
  }

  /** The folder of a version's files. */
  folderOf(app: string, id: string): string {
    return `${INSTALLED}/${app}/${id}/files`;
  }

  /** The text of one file of a version. @throws AgentError FILE_MISSING */
  async textOf(app: string, id: string, path: string): Promise<string> {
    const bytes = await this.#tree.read(`${this.folderOf(app, id)}/${path}`);
    if (bytes === undefined) throw new AgentError("FILE_MISSING", { name: path });
    return new TextDecoder().decode(bytes);
  }

  /** Whether every file of a version is still what was signed. */
  async isWhole(app: string, id: string): Promise<boolean> {
    const signed = this.manifestOf(app, id);
    if (signed === undefined) return false;
    for (const file of signed.manifest.files) {
      let offsetBytes = 0;
      for (const { hash, sizeBytes } of file.chunks) {
        const part = { offsetBytes, sizeBytes };
        const bytes = await this.#tree.read(`${this.folderOf(app, id)}/${file.path}`, part);
        if (bytes === undefined || hashOf(bytes) !== hash) return false;
        offsetBytes += sizeBytes;
      }
    }
    return true;
  }

  /** The chunks of a bundle that are not here. */
  missingOf({ manifest }: SignedManifest): readonly Chunk[] {
    return chunksOf(manifest).filter(
      ({ hash }) => !this.#staged.has(hash) && !this.#places.has(hash),
    );
  }

  /** A chunk of whatever is here; undefined when it is not, or has been damaged. */
  async chunk(hash: string): Promise<Uint8Array | undefined> {
    const place = this.#places.get(hash);
    const bytes =
      place === undefined
        ? this.#staged.has(hash)
          ? await this.#tree.read(`${STAGING}/${hash}`)
          : undefined
        : await this.#tree.read(place.path, place);
    if (bytes !== undefined && hashOf(bytes) === hash) return bytes;
    this.#staged.delete(hash);
    this.#places.delete(hash);
    return undefined;
  }

  /** Keeps a chunk until its bundle is installed. @throws AgentError DISK_FULL */
  async stage(hash: string, bytes: Uint8Array): Promise<void> {
    const path = `${STAGING}/${hash}`;
    await this.#orNothing(path, () => this.#tree.write(path, bytes));
    this.#staged.add(hash);
  }

  /** Drops the chunks that wait, but those of `keep`. */
  async unstage(keep?: SignedManifest): Promise<void> {
    const wanted = new Set(
      keep === undefined ? [] : chunksOf(keep.manifest).map(({ hash }) => hash),
    );
    for (const hash of this.#staged)
      if (!wanted.has(hash)) {
        await this.#tree.remove(`${STAGING}/${hash}`);
        this.#staged.delete(hash);
      }
  }

  /**
   * Puts a version beside the others; resolves with false when chunks are missing or damaged.
   * @throws AgentError DISK_FULL: then nothing of it stays.
   */
  async install(signed: SignedManifest): Promise<boolean> {
    const { app } = signed.manifest;
    const id = idOf(signed);
    if (this.#manifests.has(`${app}/${id}`)) return true;
    const folder = `${INSTALLED}/${app}`;
    const fresh = `${folder}/${NEW}${id}`;
    await this.#makeFolder(folder, INSTALLED);
    await removeAll(this.#tree, fresh);
    await this.#tree.makeFolder(fresh);
    if (!(await this.#orNothing(fresh, () => this.#writeVersion(fresh, signed)))) {
      await removeAll(this.#tree, fresh);
      return false;
    }
    await this.#tree.rename(fresh, `${folder}/${id}`);
    await this.#tree.sync(folder);
    this.#know(app, id, signed);
    await this.unstage();
    return true;
  }

  /** Says what holds from now on; versions that it does not name any more are removed. */
  async setState(app: string, state: AppState): Promise<void> {
    const folder = `${INSTALLED}/${app}`;
    await this.#makeFolder(folder, INSTALLED);
    const fresh = `${folder}/state.new`;
    await this.#orNothing(fresh, () => this.#tree.write(fresh, encodeState(state)));
    await this.#tree.sync(`${folder}/state.new`);
    await this.#tree.rename(`${folder}/state.new`, `${folder}/state`);
    await this.#tree.sync(folder);
    this.#apps.set(app, state);
    await this.#sweep(app, state);
  }

  /** Removes what a bundle that is not wanted any more has left: its chunks, and a version that nothing names. */
  async tidy(app: string): Promise<void> {
    await this.unstage();
    const state = this.#apps.get(app);
    if (state === undefined) await this.remove(app);
    else await this.#sweep(app, state);
  }

  /** Removes an application and all its versions. */
  async remove(app: string): Promise<void> {
    const gone = `${INSTALLED}/${REMOVED}${app}`;
    await removeAll(this.#tree, gone);
    if ((await this.#tree.list(`${INSTALLED}/${app}`)) !== undefined) {
      await this.#tree.rename(`${INSTALLED}/${app}`, gone);
      await this.#tree.sync(INSTALLED);
    }
    this.#apps.delete(app);
    for (const name of [...this.#manifests.keys()])
      if (name.startsWith(`${app}/`)) this.#forget(name);
    await removeAll(this.#tree, gone);
  }

  async #recoverApp(name: string): Promise<void> {
    const folder = `${INSTALLED}/${name}`;
    const bytes = isAppName(name) ? await this.#tree.read(`${folder}/state`) : undefined;
    const state = bytes === undefined ? undefined : decodeState(bytes);
    if (state === undefined) {
      // A first version that was never switched to, or something that is not ours.
      await removeAll(this.#tree, folder);
      return;
    }
    this.#apps.set(name, state);
    for (const id of idsOf(state)) {
      const envelope = await this.#tree.read(`${folder}/${id}/manifest`);
      const signed = envelope && openManifest(envelope, this.#verify);
      if (typeof signed === "object") this.#know(name, id, signed);
    }
    await this.#sweep(name, state);
  }

  /** Removes what `state` does not name. */
  async #sweep(app: string, state: AppState): Promise<void> {
    const folder = `${INSTALLED}/${app}`;
    const kept = new Set(["state", ...idsOf(state)]);
    for (const { name } of (await this.#tree.list(folder)) ?? []) {
      if (kept.has(name)) continue;
      this.#forget(`${app}/${name}`);
      await removeAll(this.#tree, `${folder}/${name}`);
    }
  }

  async #writeVersion(fresh: string, { manifest, envelope }: SignedManifest): Promise<boolean> {
    const folders = new Set([fresh]);
    const makeFolders = async (path: string): Promise<void> => {
      const parent = path.slice(0, path.lastIndexOf("/"));
      if (!folders.has(parent)) await makeFolders(parent);
      if (folders.has(path)) return;
      await this.#tree.makeFolder(path);
      folders.add(path);
    };
    await makeFolders(`${fresh}/files`);
    for (const file of manifest.files) {
      const path = `${fresh}/files/${file.path}`;
      await makeFolders(path.slice(0, path.lastIndexOf("/")));
      const bytes = await this.#bytesOf(file);
      if (bytes === undefined) return false;
      await this.#tree.write(path, bytes);
      await this.#tree.sync(path);
    }
    await this.#tree.write(`${fresh}/manifest`, envelope);
    await this.#tree.sync(`${fresh}/manifest`);
    for (const folder of [...folders].reverse()) await this.#tree.sync(folder);
    return true;
  }

  async #bytesOf({ sizeBytes, chunks }: BundledFile): Promise<Uint8Array | undefined> {
    const whole = new Uint8Array(sizeBytes);
    let end = 0;
    for (const { hash } of chunks) {
      const bytes = await this.chunk(hash);
      if (bytes === undefined) return undefined;
      whole.set(bytes, end);
      end += bytes.byteLength;
    }
    return whole;
  }

  /** Does `work`; when the disk is full, nothing stays at `path`. */
  async #orNothing<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AgentError && error.code === "DISK_FULL")
        await removeAll(this.#tree, path);
      throw error;
    }
  }

  async #makeFolder(folder: string, parent: string): Promise<void> {
    if ((await this.#tree.list(folder)) !== undefined) return;
    await this.#tree.makeFolder(folder);
    await this.#tree.sync(parent);
  }

  #know(app: string, id: string, signed: SignedManifest): void {
    this.#manifests.set(`${app}/${id}`, signed);
    for (const file of signed.manifest.files) {
      let offsetBytes = 0;
      for (const { hash, sizeBytes } of file.chunks) {
        const path = `${this.folderOf(app, id)}/${file.path}`;
        this.#places.set(hash, { path, offsetBytes, sizeBytes });
        offsetBytes += sizeBytes;
      }
    }
  }

  /** Another version may have the same chunks: they are known by that one then. */
  #forget(name: string): void {
    if (!this.#manifests.delete(name)) return;
    this.#places.clear();
    for (const [each, signed] of [...this.#manifests]) {
      const [app = "", id = ""] = each.split("/");
      this.#know(app, id, signed);
    }
  }
}

function idsOf({ current, previous, trial }: AppState): readonly string[] {
  return [current, previous, trial].filter((id) => id !== null);
}
