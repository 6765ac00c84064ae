import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { bundledFile, encodeBundle } from "../../agent/bundle/bundle-file.ts";
import { BUNDLE_BYTES_MAX, FILES_MAX, type Manifest } from "../../agent/bundle/manifest.ts";
import type { Application } from "../../agent/component/define.ts";
import type { Identity } from "../../agent/core/identity.ts";
import { isTreePath } from "../../agent/core/tree.ts";
import { hasApplication } from "../../agent/main.ts";
import type { AppModel } from "../../agent/model/app-model.ts";
import { codeFiles, PackError, type SourceFile } from "./code-files.ts";

/** What goes into a bundle, and what its manifest says beside that. */
export interface PackOptions
  extends Pick<
    Manifest,
    | "version"
    | "sequence"
    | "createdAtMs"
    | "hedgerowVersionMin"
    | "architectures"
    | "boards"
    | "ready"
  > {
  readonly app: AppModel;
  readonly modelPath: string;
  readonly deploymentPath: string;
  /** The compiled module; undefined: application.js beside the model, else an application of the agent's build. */
  readonly codePath: string | undefined;
  /** Files and folders beside the model that the application reads. */
  readonly dataPaths: readonly string[];
  readonly signer: Identity;
}

/** A bundle as a file, and what its manifest says. */
export interface Packed {
  readonly manifest: Manifest;
  readonly bytes: Uint8Array;
}

const CODE_FOLDER = "code";

/**
 * Packs a model, a deployment, compiled components and data, and signs it all.
 * The same input with the same key gives the same bytes.
 * @throws PackError with what is to be done.
 */
export async function pack(options: PackOptions): Promise<Packed> {
  const { app, modelPath, deploymentPath, signer, codePath } = options;
  const module = codeModule(app, modelPath, codePath);
  const sources: SourceFile[] = [
    await sourceFile(modelPath, basename(modelPath)),
    await sourceFile(deploymentPath, basename(deploymentPath)),
    ...(await dataFiles(dirname(resolve(modelPath)), options.dataPaths)),
  ];
  if (module !== undefined) {
    await requireComponents(app, module);
    for (const { path, bytes } of await codeFiles(module))
      sources.push({ path: `${CODE_FOLDER}/${path}`, bytes });
  }
  requireFit(sources);
  const chunks = new Map<string, Uint8Array>();
  const { version, sequence, createdAtMs, hedgerowVersionMin, architectures, boards, ready } =
    options;
  const manifest: Manifest = {
    ...{ format: 1, app: app.name, version, sequence, createdAtMs, hedgerowVersionMin },
    ...{ architectures, boards, ready },
    ...{ model: basename(modelPath), deployment: basename(deploymentPath) },
    code: module === undefined ? null : `${CODE_FOLDER}/${basename(module)}`,
    files: sources.map(({ path, bytes }) => bundledFile(path, bytes, chunks)),
  };
  return { manifest, bytes: encodeBundle(manifest, chunks, signer) };
}

function codeModule(
  app: AppModel,
  modelPath: string,
  code: string | undefined,
): string | undefined {
  if (code !== undefined && !existsSync(code)) throw new PackError(`there is no file ${code}`);
  const path = code ?? join(dirname(modelPath), "application.js");
  if (existsSync(path)) return resolve(path);
  if (hasApplication(app.name)) return undefined;
  throw new PackError(
    `there is no ${path}: compile the application (npx tsc), or name its compiled module by --code`,
  );
}

/** A component that is missing is told here, and not by a board. */
async function requireComponents(app: AppModel, module: string): Promise<void> {
  const { application } = (await import(pathToFileURL(module).href)) as {
    readonly application?: Application;
  };
  if (application === undefined) throw new PackError(`${module} exports no \`application\``);
  const missing = app.components
    .map(({ name }) => name)
    .filter((name) => application.components[name] === undefined);
  if (missing.length > 0)
    throw new PackError(`${module} has no code for ${missing.join(", ")} of the model ${app.name}`);
}

async function sourceFile(from: string, path: string): Promise<SourceFile> {
  return { path, bytes: new Uint8Array(await readFile(from)) };
}

async function dataFiles(folder: string, paths: readonly string[]): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = [];
  for (const path of paths) {
    const place = resolve(path);
    const name = relative(folder, place).split(sep).join("/");
    if (name.startsWith("..") || name === "")
      throw new PackError(`--data ${path} does not lie beside the model, in ${folder}`);
    if (!existsSync(place)) throw new PackError(`--data: there is no ${path}`);
    if (!(await stat(place)).isDirectory()) files.push(await sourceFile(place, name));
    else
      for (const entry of (await readdir(place)).sort())
        files.push(...(await dataFiles(folder, [join(place, entry)])));
  }
  return files;
}

function requireFit(sources: readonly SourceFile[]): void {
  const wrong = sources.find(({ path }) => !isTreePath(path));
  if (wrong !== undefined)
    throw new PackError(`${wrong.path}: names have letters, digits, "_", "@", "+", "." and "-"`);
  const names = sources.map(({ path }) => path);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new PackError(`two files would be called ${twice}`);
  const sizeBytes = sources.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  if (sizeBytes > BUNDLE_BYTES_MAX || sources.length > FILES_MAX)
    throw new PackError(
      `${sources.length} files of ${sizeBytes} bytes: a bundle has at most ${FILES_MAX}, of ${BUNDLE_BYTES_MAX} bytes`,
    );
}
