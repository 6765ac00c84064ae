import type { BoardFacts } from "./board-facts.ts";
import { type Check, type Finding, fail, ok, type Repair, unknown, warn } from "./check.ts";

const MIB = 1024 ** 2;
const DEBIAN_MIN = 12;
const KERNEL_MIN = [5, 10] as const;
const NODE_MIN = [20, 19] as const;
/** Of an agent, one actor and the system. Below it programs are killed by the kernel. */
const MEMORY_MIB = { fail: 200, warn: 400 };
const FREE_MIB = { fail: 50, warn: 300 };
const FREE_INODES_MIN = 1_000;
const FILES_MIN = 1_024;
const SHM_MIB_MIN = 16;
/** Bits of a pool that was never filled. Source: random(4). */
const ENTROPY_BITS_MIN = 128;
/** A share of the card's life in tenths, as it says. Source: JESD84-B51, EXT_CSD 268 and 269. */
const WEAR_TENTHS_WARN = 8;

/** Operating system, memory, disk. */
export const SYSTEM_CHECKS: readonly Check[] = [
  {
    id: "os",
    question: "a Linux that is known to work",
    look: ({ node, text }: BoardFacts): Finding => {
      if (node.platform !== "linux") return fail(node.platform);
      const release = text("/etc/os-release") ?? "";
      const [, name = "Linux of unknown kind"] = /^PRETTY_NAME="?([^"\n]*)/m.exec(release) ?? [];
      const isDebian = /^ID(_LIKE)?="?[^"\n]*debian/m.test(release);
      const [, version = ""] = /^VERSION_ID="?(\d+)/m.exec(release) ?? [];
      if (!isDebian) return warn(name);
      const isOwn = /^ID="?debian/m.test(release);
      return isOwn && version !== "" && Number(version) < DEBIAN_MIN ? warn(name) : ok(name);
    },
    advice: `Debian ${DEBIAN_MIN} or newer is what packages are made for.`,
  },
  {
    id: "kernel",
    question: "a kernel with control groups and sockets as they are used",
    look: ({ text }: BoardFacts): Finding => {
      const version = text("/proc/sys/kernel/osrelease")?.trim();
      if (version === undefined) return unknown("/proc is not readable");
      return isAtLeast(version, KERNEL_MIN) ? ok(version) : fail(version);
    },
    advice: `Install a kernel of ${KERNEL_MIN.join(".")} or newer.`,
  },
  {
    id: "architecture",
    question: "an architecture that packages are made for",
    look: ({ node: { arch } }: BoardFacts): Finding => {
      const packages = { arm: "armhf", arm64: "arm64", x64: "amd64" } as const;
      const found = packages[arch as keyof typeof packages] as string | undefined;
      return found === undefined ? fail(arch) : ok(found);
    },
    advice: "Use a board with armhf, arm64 or amd64.",
  },
  {
    id: "float",
    question: "an ARM core with hardware floating point",
    look: ({ node, text }: BoardFacts): Finding => {
      if (node.arch !== "arm") return ok(`${node.arch} has it`);
      const features = text("/proc/cpuinfo");
      if (features === undefined) return unknown("/proc/cpuinfo is not readable");
      return /\bvfpv3/.test(features) ? ok("vfpv3") : fail("no vfpv3");
    },
    advice:
      "Debian's armhf and Node need ARMv7 with VFPv3: use another board (a Pi Zero or Pi 1 is ARMv6).",
  },
  {
    id: "node",
    question: "a Node that runs the agent",
    look: ({ node: { version } }: BoardFacts): Finding =>
      isAtLeast(version.replace(/^v/, ""), NODE_MIN) ? ok(version) : fail(version),
    advice: `Install Node ${NODE_MIN.join(".")} or newer: apt-get install nodejs (Debian 13), or a backport.`,
  },
  {
    id: "memory",
    question: "memory for an agent and its actors",
    look: ({ text }: BoardFacts): Finding => {
      const total = meminfo(text("/proc/meminfo"), "MemTotal");
      if (total === undefined) return unknown("/proc/meminfo is not readable");
      const saw = `${Math.round(total / MIB)} MiB`;
      if (total < MEMORY_MIB.fail * MIB) return fail(saw);
      return total < MEMORY_MIB.warn * MIB ? warn(saw) : ok(saw);
    },
    advice:
      "An actor takes about 15 MiB of its own; let actors share a process, or take a board with 512 MiB.",
  },
  {
    id: "memory-free",
    question: "memory that is free now",
    look: ({ text }: BoardFacts): Finding => {
      const free = meminfo(text("/proc/meminfo"), "MemAvailable");
      if (free === undefined) return unknown("/proc/meminfo is not readable");
      const saw = `${Math.round(free / MIB)} MiB available`;
      if (free < 60 * MIB) return fail(saw);
      return free < 120 * MIB ? warn(saw) : ok(saw);
    },
    advice: "Stop what is not needed: systemctl list-units --type=service; a desktop is not.",
  },
  {
    id: "disk-space",
    question: "room for data and logs",
    look: ({ space, dataFolder }: BoardFacts): Finding => {
      const found = space(dataFolder);
      if (found === undefined) return unknown(`${dataFolder} cannot be looked at`);
      const saw = `${Math.round(found.freeBytes / MIB)} MiB free at ${dataFolder}`;
      if (found.freeBytes < FREE_MIB.fail * MIB) return fail(saw);
      return found.freeBytes < FREE_MIB.warn * MIB ? warn(saw) : ok(saw);
    },
    advice:
      "Make room: apt-get clean; journalctl --vacuum-size=50M; or grow the partition to the card.",
  },
  {
    id: "disk-inodes",
    question: "room for new files",
    look: ({ space, dataFolder }: BoardFacts): Finding => {
      const found = space(dataFolder);
      if (found === undefined) return unknown(`${dataFolder} cannot be looked at`);
      const saw = `${found.freeInodes} inodes free`;
      return found.freeInodes < FREE_INODES_MIN ? fail(saw) : ok(saw);
    },
    advice: "Delete files that nobody needs: df -i tells where they are.",
  },
  {
    id: "disk-wear",
    question: "a card or chip that is not worn out",
    look: ({ names, text }: BoardFacts): Finding => {
      const devices = (names("/sys/block") ?? []).filter((name) => /^mmcblk\d+$/.test(name));
      if (devices.length === 0) return ok("no card or eMMC");
      const lives = devices.flatMap((name) =>
        [...(text(`/sys/block/${name}/device/life_time`) ?? "").matchAll(/0x([0-9a-f]+)/gi)].map(
          ([, tenths = "0"]) => Number.parseInt(tenths, 16),
        ),
      );
      const worst = Math.max(0, ...lives);
      if (worst === 0) return unknown(`${devices.join(" ")} does not say`);
      const saw = `up to ${worst * 10} % of its life used`;
      if (worst > 10) return fail(saw);
      return worst >= WEAR_TENTHS_WARN ? warn(saw) : ok(saw);
    },
    advice: "Copy the card to a new one before it fails; an industrial card lasts longer.",
  },
  {
    id: "disk-read-only",
    question: "a root file system that may be written",
    look: ({ text }: BoardFacts): Finding => {
      const mounts = text("/proc/mounts");
      if (mounts === undefined) return unknown("/proc/mounts is not readable");
      const root = mounts.split("\n").findLast((line) => line.split(" ")[1] === "/") ?? "";
      const options = (root.split(" ")[3] ?? "").split(",");
      return options.includes("ro") ? fail("mounted read-only") : ok("writable");
    },
    advice:
      "The kernel mounts a failing card read-only: see dmesg, check the file system, change the card.",
  },
  {
    id: "data-folder",
    question: "a data folder that this user may write",
    look: ({ dataFolder, stat, may }: BoardFacts): Finding => {
      if (stat(dataFolder) === undefined) return warn(`${dataFolder} is not there yet`);
      return may(dataFolder, "write") ? ok(dataFolder) : fail(`${dataFolder} may not be written`);
    },
    advice:
      "Run as the agent's user, or give the folder to it: chown -R hedgerow /var/lib/hedgerow.",
    repair: ({ dataFolder, stat }: BoardFacts): Repair | undefined =>
      stat(dataFolder) === undefined
        ? { command: "mkdir", words: ["-p", "-m", "0750", dataFolder] }
        : undefined,
  },
  {
    id: "key-permissions",
    question: "keys that nobody else may read",
    look: (facts: BoardFacts): Finding => {
      const loose = keyFiles(facts).filter(({ mode }) => (mode & 0o077) !== 0);
      const saw = loose.map(({ path, mode }) => `${path} is ${(mode & 0o777).toString(8)}`);
      return loose.length === 0 ? ok("none is open to others") : fail(saw.join(", "));
    },
    advice: "chmod 600 the files that are named; when others have used the board, make new keys.",
    repair: (facts: BoardFacts): Repair | undefined => {
      const loose = keyFiles(facts).filter(({ mode }) => (mode & 0o077) !== 0);
      return loose.length === 0
        ? undefined
        : { command: "chmod", words: ["600", ...loose.map(({ path }) => path)] };
    },
  },
  {
    id: "shared-memory",
    question: "/dev/shm, for what shares memory",
    look: ({ space }: BoardFacts): Finding => {
      const found = space("/dev/shm");
      if (found === undefined) return warn("not mounted");
      const saw = `${Math.round(found.sizeBytes / MIB)} MiB`;
      return found.sizeBytes < SHM_MIB_MIN * MIB ? warn(saw) : ok(saw);
    },
    advice: "mount -t tmpfs -o size=64M tmpfs /dev/shm, and the same in /etc/fstab.",
  },
  {
    id: "file-limit",
    question: "files and sockets enough at a time",
    look: ({ text }: BoardFacts): Finding => {
      const line = /^Max open files\s+(\d+|unlimited)/m.exec(text("/proc/self/limits") ?? "");
      if (line === null) return unknown("/proc/self/limits is not readable");
      const [, limit = ""] = line;
      return limit !== "unlimited" && Number(limit) < FILES_MIN ? fail(limit) : ok(limit);
    },
    advice: `LimitNOFILE=65536 in the unit, or ulimit -n ${FILES_MIN}.`,
  },
  {
    id: "entropy",
    question: "chance for keys",
    look: ({ text }: BoardFacts): Finding => {
      const bits = Number(text("/proc/sys/kernel/random/entropy_avail") ?? Number.NaN);
      if (Number.isNaN(bits)) return unknown("the kernel does not say");
      return bits < ENTROPY_BITS_MIN ? warn(`${bits} bits`) : ok(`${bits} bits`);
    },
    advice:
      "Wait until the kernel has gathered chance, or use the board's generator: apt-get install rng-tools5.",
  },
  {
    id: "load",
    question: "a processor that is not busy already",
    look: ({ text }: BoardFacts): Finding => {
      const load = Number((text("/proc/loadavg") ?? "").split(" ")[1] ?? Number.NaN);
      const cores = [...(text("/proc/cpuinfo") ?? "").matchAll(/^processor\s*:/gm)].length || 1;
      if (Number.isNaN(load)) return unknown("/proc/loadavg is not readable");
      const saw = `load ${load} on ${cores} cores`;
      return load > 2 * cores ? warn(saw) : ok(saw);
    },
    advice: "See with top what uses it; timers and deadlines suffer first.",
  },
  {
    id: "temperature",
    question: "a processor that is not too hot",
    look: ({ names, text }: BoardFacts): Finding => {
      const zones = (names("/sys/class/thermal") ?? []).filter((name) =>
        name.startsWith("thermal_zone"),
      );
      const all = zones.map((zone) =>
        Number(text(`/sys/class/thermal/${zone}/temp`) ?? Number.NaN),
      );
      const known = all.filter((milliC) => !Number.isNaN(milliC));
      if (known.length === 0) return unknown("no sensor");
      const worst = Math.max(...known) / 1000;
      return worst > 85 ? warn(`${worst} °C`) : ok(`${worst} °C`);
    },
    advice: "Give it air: a hot processor is slowed down, and clocks drift.",
  },
];

function keyFiles({
  names,
  stat,
  dataFolder,
}: BoardFacts): readonly { path: string; mode: number }[] {
  const folders = [
    "/etc/hedgerow",
    dataFolder,
    ...(names(dataFolder) ?? []).map((name) => `${dataFolder}/${name}`),
  ];
  return folders.flatMap((folder) =>
    (names(folder) ?? [])
      .filter((name) => name.endsWith(".key"))
      .flatMap((name) => {
        const path = `${folder}/${name}`;
        const found = stat(path);
        return found === undefined ? [] : [{ path, mode: found.mode }];
      }),
  );
}

/** A line of /proc/meminfo, in bytes. */
function meminfo(text: string | undefined, name: string): number | undefined {
  const [, kib] = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text ?? "") ?? [];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, first, second] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(first) > major || (Number(first) === major && Number(second) >= minor);
}
