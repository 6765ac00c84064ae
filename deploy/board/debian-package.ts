import {
  chmod,
  cp,
  lutimes,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import type { Bundle } from "./bundle.ts";
import type { NativePart } from "./native-parts.ts";
import { billOf, copyrightText, packageFacts } from "./package-facts.ts";
import { ROOT, runTool } from "./run-tool.ts";
import { NODE_ABI, type Target } from "./target.ts";

/** What goes into a package. */
export interface PackageParts {
  readonly target: Target;
  /** Folder of the bundle. */
  readonly code: string;
  readonly bundle: Bundle;
  readonly natives: readonly NativePart[];
  readonly version: string;
  /** Time of all files, in s: builds of one commit do not differ. */
  readonly epochS: number;
  /** Folder for the package. */
  readonly out: string;
}

const FILES = join(ROOT, "deploy/board/files");
const HOME = "usr/lib/hedgerow";
/** Models and deployments of the applications that the build carries. */
const MODEL = /\.(riaps|depl)$/;
const KIB = 1_024;
const DIRECTORY_MODE = 0o755;

/** Writes `hedgerow_VERSION_ARCHITECTURE.deb`; resolves with its path. The same parts give the same bytes. */
export async function debianPackage(parts: PackageParts): Promise<string> {
  const { target, version, epochS, out } = parts;
  const name = `hedgerow_${version}_${target.architecture}.deb`;
  const tree = join(out, `tree-${target.architecture}`);
  await rm(tree, { recursive: true, force: true });
  await mkdir(tree, { recursive: true });
  await fillProgram(tree, parts);
  await fillSystem(tree);
  await fillDocuments(tree, parts);
  const sizeBytes = (await filesOf(tree)).reduce((sum, { bytes }) => sum + bytes, 0);
  await fillControl(tree, parts, Math.ceil(sizeBytes / KIB));
  await settle(tree, epochS);
  const path = join(out, name);
  const env = { SOURCE_DATE_EPOCH: String(epochS) };
  // One thread: how many a machine has must not decide about the bytes.
  const args = ["--root-owner-group", "--uniform-compression", "--threads-max=1", "-Zxz"];
  await runTool("dpkg-deb", [...args, "--build", tree, path], { env });
  await rm(tree, { recursive: true });
  return path;
}

async function fillProgram(tree: string, { code, natives }: PackageParts): Promise<void> {
  const home = join(tree, HOME);
  await cp(code, join(home, "dist/deploy/board"), { recursive: true });
  for (const { name, path } of natives) await put(join(home, "native", name), await readFile(path));
  const { version, license } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    readonly version: string;
    readonly license: string;
  };
  const exports = { ".": "./dist/deploy/board/application.js", "./package.json": "./package.json" };
  const own = { name: "hedgerow", version, license, type: "module", exports };
  await put(join(home, "package.json"), `${JSON.stringify(own, undefined, 2)}\n`);
  for (const folder of await readdir(join(ROOT, "actors")))
    for (const file of await readdir(join(ROOT, "actors", folder)))
      if (MODEL.test(file)) {
        const path = join("actors", folder, file);
        await put(join(home, path), await readFile(join(ROOT, path)));
      }
}

async function fillSystem(tree: string): Promise<void> {
  const install = async (from: string, to: string, mode?: number): Promise<void> =>
    put(join(tree, to), await readFile(join(FILES, from)), mode);
  await install("hedgerow.sh", "usr/bin/hedgerow", 0o755);
  await install("hedgerow.service", "usr/lib/systemd/system/hedgerow.service");
  await install("node.conf", "etc/hedgerow/node.conf");
  // Code of applications says `import "hedgerow"`, and is below this folder.
  await mkdir(join(tree, "var/lib/hedgerow/node_modules"), { recursive: true });
  await symlink("/usr/lib/hedgerow", join(tree, "var/lib/hedgerow/node_modules/hedgerow"));
}

async function fillDocuments(
  tree: string,
  { bundle, version, epochS }: PackageParts,
): Promise<void> {
  const documents = join(tree, "usr/share/doc/hedgerow");
  const packages = await packageFacts(bundle.packageFolders);
  const { version: upstream } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    readonly version: string;
  };
  await put(join(documents, "copyright"), await copyrightText(packages));
  await put(join(documents, "sbom.cdx.json"), billOf({ version: upstream, packages, epochS }));
  await put(join(documents, "README.md"), await readFile(join(ROOT, "README.md")));
  const date = new Date(epochS * 1_000).toUTCString().replace("GMT", "+0000");
  const entry = `hedgerow (${version}) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- ${MAINTAINER}  ${date}\n`;
  await put(join(documents, "changelog.Debian.gz"), compressed(entry));
  const changes = await readFile(join(ROOT, "CHANGELOG.md"), "utf8");
  await put(join(documents, "changelog.gz"), compressed(changes));
}

const MAINTAINER = "Hedgerow <hedgerow@localhost>";

async function fillControl(
  tree: string,
  { target, version, natives }: PackageParts,
  installedKib: number,
): Promise<void> {
  const hasZmq = natives.some(({ name }) => name === "zeromq.node");
  const fields = [
    ...["Package: hedgerow", `Version: ${version}`, `Architecture: ${target.architecture}`],
    ...[`Maintainer: ${MAINTAINER}`, `Installed-Size: ${installedKib}`],
    // Debian's package of a Node's library has its ABI in its name.
    `Depends: nodejs (>= 20.19), libnode${NODE_ABI}, adduser, libc6 (>= 2.36), libstdc++6 (>= 12)`,
    // Doors to programs that speak ZeroMQ; boards among themselves do without.
    ...(hasZmq ? ["Recommends: libzmq5"] : []),
    ...["Section: embedded", "Priority: optional"],
    "Description: agent of a board: components, ports, discovery, common time and a ledger",
    " Runs the actors that a deployment places on this board, finds the agents of other",
    " boards, connects the ports of their actors, and keeps the board's ledger manager.",
  ];
  const control = join(tree, "DEBIAN");
  await put(join(control, "control"), `${fields.join("\n")}\n`);
  await put(join(control, "conffiles"), "/etc/hedgerow/node.conf\n");
  for (const script of await readdir(join(FILES, "maintainer"))) {
    const text = await readFile(join(FILES, "maintainer", script), "utf8");
    await put(join(control, script), text.replaceAll("@NODE_ABI@", String(NODE_ABI)), 0o755);
  }
  const files = (await filesOf(tree)).filter(({ path }) => !path.startsWith("DEBIAN/"));
  const sums = await runTool("md5sum", ["--", ...files.map(({ path }) => path)], { cwd: tree });
  await put(join(control, "md5sums"), sums);
}

async function put(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
}

/** Without a name and a time of its own, so that only the text decides. */
function compressed(text: string): Uint8Array {
  return gzipSync(text, { level: 9 });
}

interface TreeFile {
  readonly path: string;
  readonly bytes: number;
}

/** Regular files below `tree`, by their paths. */
async function filesOf(tree: string): Promise<readonly TreeFile[]> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sized = files.map(async (entry): Promise<TreeFile> => {
    const path = join(entry.parentPath, entry.name);
    return { path: relative(tree, path), bytes: (await readFile(path)).byteLength };
  });
  return (await Promise.all(sized)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** One time for all, and rights that do not depend on who builds. */
async function settle(tree: string, epochS: number): Promise<void> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, DIRECTORY_MODE);
    else if (entry.isFile() && !isProgram(path)) await chmod(path, 0o644);
    await lutimes(path, epochS, epochS);
  }
  await chmod(tree, DIRECTORY_MODE);
  await lutimes(tree, epochS, epochS);
}

function isProgram(path: string): boolean {
  return (
    dirname(path).endsWith("/usr/bin") ||
    ["preinst", "postinst", "prerm", "postrm"].includes(basename(path))
  );
}
