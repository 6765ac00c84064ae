// What the tests of the store share: two versions of an application, and what must hold after any interruption.
import assert from "node:assert/strict";
import { bundledFile } from "../bundle/bundle-file.ts";
import { openManifest, type SignedManifest, sealManifest } from "../bundle/envelope.ts";
import type { Manifest } from "../bundle/manifest.ts";
import type { Identity } from "../core/identity.ts";
import type { Tree } from "../core/tree.ts";
import { AppStore, idOf } from "./app-store.ts";

/** A bundle as a test holds it. */
export interface TestBundle extends SignedManifest {
  readonly chunks: ReadonlyMap<string, Uint8Array>;
  readonly id: string;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A bundle with the given files, or with a few whose content says which version it is. */
export function testBundle(
  version: string,
  key: Identity,
  files?: Readonly<Record<string, string>>,
  more: Partial<Manifest> = {},
): TestBundle {
  const chunks = new Map<string, Uint8Array>();
  const content = files ?? {
    "tiny.riaps": "the same in all versions",
    "tiny.depl": `deployment of ${version}`,
    "code/application.js": `code of ${version} ${"x".repeat(70_000)}`,
  };
  const manifest: Manifest = {
    ...{ format: 1, app: "Tiny", version, sequence: Number(version.replaceAll(".", "")) },
    ...{ createdAtMs: 0, hedgerowVersionMin: "0.1.0", architectures: [], boards: [] },
    ...{ model: "tiny.riaps", deployment: "tiny.depl", code: "code/application.js" },
    ready: { deadlineMs: 30_000, settleMs: 3_000 },
    files: Object.entries(content).map(([path, text]) => bundledFile(path, utf8(text), chunks)),
    ...more,
  };
  const signed = openManifest(sealManifest(manifest, key), key.verify.bind(key));
  assert(typeof signed === "object");
  return { ...signed, chunks, id: idOf(signed) };
}

/** Takes a bundle in and switches to it, as the manager does. */
export async function update(store: AppStore, bundle: TestBundle): Promise<void> {
  const { app, sequence } = bundle.manifest;
  for (const { hash } of store.missingOf(bundle))
    await store.stage(hash, bundle.chunks.get(hash) ?? new Uint8Array());
  assert(await store.install(bundle), "chunks are missing");
  const state = store.stateOf(app);
  await store.setState(app, { ...state, trial: bundle.id });
  const { current: previous } = state;
  const kept = { ...state, trial: null, current: bundle.id, previous, sequenceMax: sequence };
  await store.setState(app, kept);
}

/**
 * After any interruption of an update from `old` to `next`: one of them is current and whole, a trial is
 * whole, nothing else is there, and the update can be done now. Resolves with the version found.
 */
export async function assertOldOrNew(
  tree: Tree,
  key: Identity,
  { old, next }: { readonly old: TestBundle | undefined; readonly next: TestBundle },
): Promise<string> {
  const store = await AppStore.recover(tree, key.verify.bind(key));
  const { current, previous, trial } = store.stateOf("Tiny");
  if (old === undefined) assert(current === null || current === next.id, String(current));
  else assert(current === old.id || current === next.id, String(current));
  const ids = [current, previous, trial].filter((id) => id !== null);
  for (const id of ids) assert(await store.isWhole("Tiny", id), `${id} is broken`);
  const names = ((await tree.list("apps/installed/Tiny")) ?? []).map(({ name }) => name);
  const expected = current === null && trial === null ? [] : ["state", ...new Set(ids)];
  assert.deepEqual(names.sort(), [...expected].sort(), "something is left over");
  const found = current === next.id ? "new" : "old";
  if (current !== next.id) await update(store, next);
  assert.equal(store.stateOf("Tiny").current, next.id);
  assert(await store.isWhole("Tiny", next.id));
  assert.deepEqual(await tree.list("apps/staging"), []);
  return found;
}
