import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DEBIAN_KEYRING, DEBIAN_MIRROR } from "./debian-packages.ts";
import { runsForeignPrograms } from "./foreign-programs.ts";
import { cacheFolder, runTool, ToolError } from "./run-tool.ts";
import { type Architecture, SUITE } from "./target.ts";

/** What a board's Debian has beyond the minimum; the package's dependencies, so that none is fetched later. */
const PACKAGES = ["adduser", "libzmq5", "nodejs"];

/** Why no root file system of `architecture` can be made and run here, and what to do; undefined when it can. */
export async function rootObstacle(architecture: Architecture): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "needs root: sudo";
  for (const [tool, name] of [
    ["debootstrap", "debootstrap"],
    ["ip", "iproute2"],
    ["unshare", "util-linux"],
  ] as const) {
    try {
      await runTool(tool, [tool === "ip" ? "-V" : "--version"]);
    } catch {
      return `needs ${tool}: apt-get install ${name}`;
    }
  }
  return runsForeignPrograms(architecture);
}

/**
 * The folder of a root file system of the boards' Debian, as debootstrap makes it: minimal, with Node. Made once
 * and kept in the cache; nobody runs or changes it there: see `copyOf`. @throws ToolError
 */
export async function rootFileSystem(architecture: Architecture): Promise<string> {
  const obstacle = await rootObstacle(architecture);
  if (obstacle !== undefined) throw new ToolError(obstacle);
  const key = createHash("sha256").update(PACKAGES.join()).digest("hex").slice(0, 8);
  const kept = join(cacheFolder(), `root-${SUITE}-${architecture}-${key}`);
  if (existsSync(kept)) return kept;
  await mkdir(cacheFolder(), { recursive: true });
  const fresh = await mkdtemp(`${kept}.`);
  const root = join(fresh, "root");
  const first = [`--arch=${architecture}`, "--foreign", "--variant=minbase"];
  const from = [`--include=${PACKAGES.join()}`, `--keyring=${DEBIAN_KEYRING}`, SUITE, root];
  const advice = `needs the network: ${DEBIAN_MIRROR}`;
  await runTool("debootstrap", [...first, ...from, DEBIAN_MIRROR], { advice });
  // Its packages' scripts are programs of the board. What is mounted meanwhile is gone with its namespace.
  await runTool("unshare", [
    "--mount",
    "chroot",
    root,
    "/debootstrap/debootstrap",
    "--second-stage",
  ]);
  await rm(join(root, "var/cache/apt/archives"), { recursive: true });
  await rm(join(root, "var/lib/apt/lists"), { recursive: true });
  // Whole or not at all.
  await rename(root, kept);
  await rm(fresh, { recursive: true });
  return kept;
}

/** A copy of a root file system to work in, below `folder`. */
export async function copyOf(root: string, folder: string): Promise<string> {
  const copy = join(folder, "root");
  await runTool("cp", ["--archive", "--reflink=auto", root, copy]);
  // No service is started in an image, and no name server is asked.
  await writeFile(join(copy, "etc/resolv.conf"), "");
  return copy;
}

/**
 * The words that run a command as a program of the root file system `root`, as root, with its own /proc and /sys,
 * in a network namespace if one is named. All that is mounted is gone with the command.
 */
export function enter(root: string, namespace: string | undefined): readonly string[] {
  const mounts = `mount -t proc proc "$0/proc" && mount -t sysfs -o ro sysfs "$0/sys" && exec chroot "$0" "$@"`;
  const there = namespace === undefined ? [] : ["ip", "netns", "exec", namespace];
  const clean = [
    "env",
    "--ignore-environment",
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL=C.UTF-8",
  ];
  const path = ["HOME=/", "DEBIAN_FRONTEND=noninteractive"];
  return [...there, "unshare", "--mount", ...clean, ...path, "sh", "-c", mounts, root];
}
