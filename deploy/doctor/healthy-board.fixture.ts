// A board where nothing is wrong, of which tests break one thing at a time.
import type { BoardFacts, CommandResult } from "./board-facts.ts";

/** What a test says of a board; anything else is not there. */
export interface FixtureParts {
  readonly files: Readonly<Record<string, string>>;
  readonly folders: Readonly<Record<string, readonly string[]>>;
  readonly modes: Readonly<Record<string, number>>;
  /** Paths that may not be written. */
  readonly closed: readonly string[];
  /** By command and words; undefined: there is no such command. */
  readonly commands: Readonly<Record<string, CommandResult | undefined>>;
  readonly spaces: Readonly<
    Record<string, { readonly freeMib: number; readonly freeInodes: number }>
  >;
  readonly taken: readonly string[];
  readonly more: Partial<BoardFacts>;
}

const MIB = 1024 ** 2;
const said = (out: string): CommandResult => ({ status: 0, out });

/** A BeagleBone Black as it should be. */
export const HEALTHY: FixtureParts = {
  files: {
    "/etc/os-release": `PRETTY_NAME="Debian GNU/Linux 13"\nID=debian\nVERSION_ID="13"\n`,
    "/proc/sys/kernel/osrelease": "6.12.1-ti\n",
    "/proc/cpuinfo": "processor\t: 0\nFeatures\t: half thumb vfpv3 neon\n",
    "/proc/meminfo": "MemTotal:         490000 kB\nMemAvailable:     300000 kB\n",
    "/sys/block/mmcblk1/device/life_time": "0x01 0x02\n",
    "/proc/mounts": "/dev/mmcblk1p1 / ext4 rw,noatime 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
    "/proc/self/limits":
      "Max open files            65536                65536                files\n",
    "/proc/sys/kernel/random/entropy_avail": "256\n",
    "/proc/loadavg": "0.10 0.20 0.30 1/90 1000\n",
    "/sys/class/thermal/thermal_zone0/temp": "45000\n",
    "/sys/class/net/eth0/operstate": "up\n",
    "/sys/class/net/eth0/flags": "0x1003\n",
    "/sys/class/net/eth0/mtu": "1500\n",
    "/proc/sys/net/ipv6/conf/all/disable_ipv6": "0\n",
    "/etc/hosts": "127.0.0.1 localhost\n127.0.1.1 feeder1\n",
    "/proc/sys/net/core/rmem_max": "212992\n",
    "/sys/devices/system/clocksource/clocksource0/current_clocksource": "timer@1\n",
    "/etc/adjtime": "0.0 0 0.0\n0\nUTC\n",
    "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n",
    "/etc/group": "root:x:0:\ngpio:x:20:\ni2c:x:21:\ndialout:x:22:\n",
    "/etc/passwd": "root:x:0:0::/:/bin/sh\nhedgerow:x:999:999::/var/lib/hedgerow:/bin/false\n",
    "/etc/systemd/system.conf": "[Manager]\nRuntimeWatchdogSec=20s\n",
    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
  },
  folders: {
    "/sys/block": ["mmcblk1"],
    "/sys/class/thermal": ["thermal_zone0"],
    "/sys/class/ptp": ["ptp0"],
    "/sys/class/rtc": ["rtc0"],
    "/sys/bus/iio/devices": ["iio:device0"],
    "/dev": ["gpiochip0", "i2c-2", "ttyS4", "watchdog0"],
    "/etc/hedgerow": [],
    "/data": ["feeder1"],
    "/data/feeder1": ["board.key"],
  },
  modes: { "/data": 0o40750, "/data/feeder1/board.key": 0o100600 },
  closed: [],
  commands: {
    "nft list ruleset": said("chain input { type filter hook input priority 0; policy accept; }"),
    "stat -c %Y /etc/hostname": said("1790000000\n"),
    "systemctl is-active chrony": said("active\n"),
    "timedatectl show --property=NTPSynchronized --value": said("yes\n"),
    "chronyc -c tracking": said("A,b,2,1.0,0.000012,0,0\n"),
    "systemctl is-enabled hedgerow": said("enabled\n"),
    "systemctl show hedgerow --property=ActiveState,NRestarts": said(
      "NRestarts=0\nActiveState=active\n",
    ),
  },
  spaces: {
    "/data": { freeMib: 2000, freeInodes: 100_000 },
    "/dev/shm": { freeMib: 200, freeInodes: 1000 },
  },
  taken: [],
  more: {},
};

/** The facts of such a board; of a command that is not named: that it failed. */
export function factsOf(parts: FixtureParts): BoardFacts {
  return {
    text: (path) => parts.files[path],
    names: (path) => parts.folders[path],
    stat(path) {
      const mode = parts.modes[path];
      return mode === undefined ? undefined : { mode, uid: 999, gid: 999 };
    },
    may: (path, what) => what === "read" || !parts.closed.includes(path),
    run(command, ...words) {
      const line = [command, ...words].join(" ");
      return line in parts.commands ? parts.commands[line] : { status: 3, out: "inactive\n" };
    },
    space(path) {
      const found = parts.spaces[path];
      const sizeBytes = 4000 * MIB;
      return found && { freeBytes: found.freeMib * MIB, sizeBytes, freeInodes: found.freeInodes };
    },
    portIsFree: (kind, port) => !parts.taken.includes(`${kind} ${port}`),
    node: { version: "v20.19.2", arch: "arm", platform: "linux", uid: 999, gids: [20, 21, 22] },
    hostname: "feeder1",
    nowUtcMs: Date.UTC(2027, 0, 15),
    interfaces: [
      { name: "lo", address: "127.0.0.1", family: "IPv4", netmask: "255.0.0.0", isInternal: true },
      {
        name: "eth0",
        address: "10.0.0.7",
        family: "IPv4",
        netmask: "255.255.255.0",
        isInternal: false,
      },
      { name: "eth0", address: "fe80::7", family: "IPv6", netmask: "ffff::", isInternal: false },
    ],
    dataFolder: "/data",
    beaconUdpPort: 15_670,
    otherBoards: ["feeder2"],
    ...parts.more,
  };
}
