import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, runTool } from "./run-tool.ts";
import { type Architecture, SUITE } from "./target.ts";

/** Debian's own server; another mirror by HEDGEROW_DEBIAN_MIRROR. */
export const DEBIAN_MIRROR =
  process.env["HEDGEROW_DEBIAN_MIRROR"] ?? "http://deb.debian.org/debian";
/** Whose signature counts for packages. */
export const DEBIAN_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Downloads packages of the boards' Debian, checks their signatures, and unpacks them into one folder,
 * whose path it resolves with. An apt of its own: neither this machine's sources nor its lists are touched.
 * What was unpacked once is used again.
 */
export async function unpackedPackages(
  architecture: Architecture,
  names: readonly string[],
): Promise<string> {
  const folder = join(cacheFolder(), `packages-${SUITE}-${architecture}`);
  const unpacked = join(folder, names.join("+"));
  if (existsSync(unpacked)) return unpacked;
  const env = { APT_CONFIG: await writeConfiguration(folder, architecture) };
  const advice = `needs apt and the network: ${DEBIAN_MIRROR}`;
  await runTool("apt-get", ["-q", "update"], { env, advice });
  const fresh = join(folder, `fresh-${process.pid}`);
  await mkdir(join(fresh, "deb"), { recursive: true });
  const cwd = join(fresh, "deb");
  await runTool("apt-get", ["-q", "download", ...names], { cwd, env, advice });
  const files = (await readdir(cwd)).sort();
  const root = join(fresh, "root");
  for (const file of files) await runTool("dpkg-deb", ["--extract", join(cwd, file), root]);
  // Whole or not at all, also when two builds run at a time.
  if (!existsSync(unpacked)) await rename(root, unpacked);
  await rm(fresh, { recursive: true });
  return unpacked;
}

async function writeConfiguration(folder: string, architecture: Architecture): Promise<string> {
  const apt = join(folder, "apt");
  const made = ["state/lists/partial", "cache/archives/partial", "etc/apt.conf.d"];
  for (const each of [...made, "etc/preferences.d"])
    await mkdir(join(apt, each), { recursive: true });
  await writeFile(join(apt, "status"), "");
  const source = `deb [arch=${architecture} signed-by=${DEBIAN_KEYRING}] ${DEBIAN_MIRROR} ${SUITE} main\n`;
  await writeFile(join(apt, "etc/sources.list"), source);
  const path = join(apt, "apt.conf");
  const lines = [
    `Dir "${apt}";`,
    ...['Dir::State "state";', 'Dir::Cache "cache";', 'Dir::Etc "etc";'],
    `Dir::State::status "${apt}/status";`,
    `APT::Architecture "${architecture}";`,
    `APT::Architectures { "${architecture}"; };`,
    'Acquire::Languages "none";',
    'APT::Sandbox::User "root";',
  ];
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}
