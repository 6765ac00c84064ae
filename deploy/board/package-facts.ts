import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./run-tool.ts";

/** What one npm package says of itself. */
export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Text of its licence; undefined when it has none. */
  readonly licenseText: string | undefined;
  /** SHA-512 of its archive in hex; undefined when the lock has none. */
  readonly sha512: string | undefined;
}

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
}

/** Facts of the packages in `folders`, by their names. */
export async function packageFacts(folders: readonly string[]): Promise<readonly PackageFacts[]> {
  const lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, LockEntry>>;
  };
  const facts = await Promise.all(folders.map((folder) => factsOf(folder, lock.packages)));
  return facts.sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

async function factsOf(
  folder: string,
  locked: Readonly<Record<string, LockEntry>>,
): Promise<PackageFacts> {
  const { name, version, license } = JSON.parse(
    await readFile(join(folder, "package.json"), "utf8"),
  ) as { readonly name: string; readonly version: string; readonly license?: string };
  const path = folder.slice(folder.indexOf("node_modules/"));
  const algorithm = "sha512-";
  const { integrity = "" } = locked[path] ?? {};
  const sha512 = integrity.startsWith(algorithm)
    ? Buffer.from(integrity.slice(algorithm.length), "base64").toString("hex")
    : undefined;
  return {
    name,
    version,
    license: license ?? "unknown",
    licenseText: await textIn(folder),
    sha512,
  };
}

async function textIn(folder: string): Promise<string | undefined> {
  const names = (await readdir(folder)).filter((name) => /^(licen[cs]e|copying)/i.test(name));
  const [first] = names.sort();
  return first === undefined ? undefined : readFile(join(folder, first), "utf8");
}

/** What goes into a software bill of materials. */
export interface BillOptions {
  readonly version: string;
  readonly packages: readonly PackageFacts[];
  readonly epochS: number;
}

/**
 * A bill of materials in CycloneDX 1.6: this project, and every npm package of which something is in the
 * package. What Debian brings is in the package's dependencies, and not here. The same build, the same bill.
 */
export function billOf({ version, packages, epochS }: BillOptions): string {
  const components = packages.map(({ name, version: its, license, sha512 }) => ({
    type: "library",
    "bom-ref": purl(name, its),
    name,
    version: its,
    ...(sha512 === undefined ? {} : { hashes: [{ alg: "SHA-512", content: sha512 }] }),
    licenses: [{ expression: license }],
    purl: purl(name, its),
  }));
  const root = purl("hedgerow", version);
  const own = { type: "application", "bom-ref": root, name: "hedgerow", version };
  const metadata = {
    timestamp: new Date(epochS * 1_000).toISOString(),
    component: { ...own, licenses: [{ expression: "Apache-2.0" }] },
  };
  const dependencies = [{ ref: root, dependsOn: components.map((each) => each["bom-ref"]) }];
  const id = createHash("sha256")
    .update(JSON.stringify([metadata, components]))
    .digest("hex");
  const uuid = `${id.slice(0, 8)}-${id.slice(8, 12)}-5${id.slice(13, 16)}-8${id.slice(17, 20)}-${id.slice(20, 32)}`;
  const head = { bomFormat: "CycloneDX", specVersion: "1.6", serialNumber: `urn:uuid:${uuid}` };
  const bill = { ...head, version: 1, metadata, components, dependencies };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}

function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** Debian's file of copyrights: ours, and those of all that is bundled, with their texts. Source: DEP-5. */
export async function copyrightText(packages: readonly PackageFacts[]): Promise<string> {
  const own = join(ROOT, "LICENSE");
  const lines = [
    "Hedgerow. License: Apache-2.0 (/usr/share/common-licenses/Apache-2.0 on Debian).",
  ];
  if (existsSync(own)) lines.push("", await readFile(own, "utf8"));
  lines.push("Parts of these packages are in this one:", "");
  for (const { name, version, license, licenseText } of packages)
    lines.push(
      "-".repeat(78),
      `${name} ${version}. License: ${license}`,
      "",
      licenseText ?? "",
      "",
    );
  return `${lines.join("\n").trimEnd()}\n`;
}
