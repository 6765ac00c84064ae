// Goal: every check tells a healthy board from one on which the thing it looks at is broken, and says what to do.
// Method: one healthy board, of which each line of a table breaks one thing; a table without a line for a check fails.
// Seed: none.
import assert from "node:assert/strict";
import type { Verdict } from "./check.ts";
import { CHECKS, doctorText, examine } from "./doctor.ts";
import { type FixtureParts, factsOf, HEALTHY } from "./healthy-board.fixture.ts";
import { realFacts } from "./real-facts.ts";

type Break = (board: FixtureParts) => FixtureParts;

const file =
  (path: string, text: string): Break =>
  (board) => ({ ...board, files: { ...board.files, [path]: text } });
const folder =
  (path: string, ...names: readonly string[]): Break =>
  (board) => ({ ...board, folders: { ...board.folders, [path]: names } });
const noFolder =
  (path: string): Break =>
  (board) => ({
    ...board,
    folders: Object.fromEntries(Object.entries(board.folders).filter(([name]) => name !== path)),
  });
const says =
  (command: string, out: string, status = 0): Break =>
  (board) => ({ ...board, commands: { ...board.commands, [command]: { status, out } } });
const more =
  (facts: FixtureParts["more"]): Break =>
  (board) => ({ ...board, more: facts });
const space =
  (path: string, freeMib: number, freeInodes: number): Break =>
  (board) => ({ ...board, spaces: { ...board.spaces, [path]: { freeMib, freeInodes } } });

const node = factsOf(HEALTHY).node;
const lo = factsOf(HEALTHY).interfaces.slice(0, 1);

/** A check, what it says of the board, and how the board was broken. */
const BROKEN: readonly (readonly [id: string, verdict: Verdict, how: Break])[] = [
  ["os", "fail", more({ node: { ...node, platform: "darwin" } })],
  ["os", "warn", file("/etc/os-release", "PRETTY_NAME=Arch\nID=arch\n")],
  ["os", "warn", file("/etc/os-release", `PRETTY_NAME="Debian 10"\nID=debian\nVERSION_ID="10"\n`)],
  ["kernel", "fail", file("/proc/sys/kernel/osrelease", "4.19.94-ti\n")],
  ["architecture", "fail", more({ node: { ...node, arch: "mips" } })],
  ["float", "fail", file("/proc/cpuinfo", "processor : 0\nFeatures : half thumb vfp\n")],
  ["node", "fail", more({ node: { ...node, version: "v20.18.0" } })],
  ["node", "fail", more({ node: { ...node, version: "v18.19.0" } })],
  ["memory", "fail", file("/proc/meminfo", "MemTotal: 120000 kB\n")],
  ["memory", "warn", file("/proc/meminfo", "MemTotal: 250000 kB\n")],
  ["memory-free", "fail", file("/proc/meminfo", "MemAvailable: 20000 kB\n")],
  ["disk-space", "fail", space("/data", 10, 100_000)],
  ["disk-space", "warn", space("/data", 100, 100_000)],
  ["disk-inodes", "fail", space("/data", 2000, 3)],
  ["disk-wear", "fail", file("/sys/block/mmcblk1/device/life_time", "0x0b 0x01\n")],
  ["disk-wear", "warn", file("/sys/block/mmcblk1/device/life_time", "0x01 0x09\n")],
  ["disk-read-only", "fail", file("/proc/mounts", "/dev/x / ext4 ro,noatime 0 0\n")],
  ["data-folder", "fail", (board) => ({ ...board, closed: ["/data"] })],
  ["data-folder", "warn", (board) => ({ ...board, modes: {} })],
  [
    "key-permissions",
    "fail",
    (board) => ({ ...board, modes: { ...board.modes, "/data/feeder1/board.key": 0o100644 } }),
  ],
  [
    "shared-memory",
    "warn",
    (board) => ({ ...board, spaces: { "/data": { freeMib: 999, freeInodes: 9999 } } }),
  ],
  ["file-limit", "fail", file("/proc/self/limits", "Max open files   256   4096   files\n")],
  ["entropy", "warn", file("/proc/sys/kernel/random/entropy_avail", "40\n")],
  ["load", "warn", file("/proc/loadavg", "9.10 8.20 0.30 1/90 1000\n")],
  ["temperature", "warn", file("/sys/class/thermal/thermal_zone0/temp", "95000\n")],
  ["network", "fail", more({ interfaces: lo })],
  ["link", "fail", file("/sys/class/net/eth0/operstate", "down\n")],
  ["multicast", "fail", file("/sys/class/net/eth0/flags", "0x3\n")],
  ["broadcast", "fail", file("/sys/class/net/eth0/flags", "0x1001\n")],
  ["mtu", "fail", file("/sys/class/net/eth0/mtu", "576\n")],
  ["mtu", "warn", file("/sys/class/net/eth0/mtu", "1400\n")],
  [
    "firewall",
    "fail",
    says("nft list ruleset", "chain input { type filter hook input priority 0; policy drop; }"),
  ],
  ["beacon-port", "warn", (board) => ({ ...board, taken: ["udp 15670"] })],
  ["ledger-port", "warn", (board) => ({ ...board, taken: ["tcp 8545"] })],
  ["ipv6", "warn", more({ interfaces: factsOf(HEALTHY).interfaces.slice(0, 2) })],
  ["hostname", "fail", more({ otherBoards: ["feeder1"] })],
  ["hostname", "fail", more({ hostname: "" })],
  ["hostname", "warn", more({ hostname: "beaglebone" })],
  ["hosts", "warn", file("/etc/hosts", "127.0.0.1 localhost # feeder1\n")],
  ["receive-buffer", "warn", file("/proc/sys/net/core/rmem_max", "65536\n")],
  ["clock", "fail", more({ nowUtcMs: 0 })],
  ["clock-file", "fail", says("stat -c %Y /etc/hostname", "1990000000\n")],
  ["time-source", "warn", says("systemctl is-active chrony", "inactive\n", 3)],
  ["time-sources-many", "fail", says("systemctl is-active systemd-timesyncd", "active\n")],
  [
    "time-synchronized",
    "warn",
    says("timedatectl show --property=NTPSynchronized --value", "no\n"),
  ],
  ["time-offset", "warn", says("chronyc -c tracking", "A,b,2,1.0,-0.5,0,0\n")],
  ["ptp-clock", "warn", noFolder("/sys/class/ptp")],
  ["clock-battery", "warn", folder("/sys/class/rtc")],
  [
    "clock-source",
    "warn",
    file("/sys/devices/system/clocksource/clocksource0/current_clocksource", "jiffies\n"),
  ],
  ["timezone", "warn", file("/etc/adjtime", "0.0 0 0.0\n0\nLOCAL\n")],
  ["cgroup-version", "warn", file("/proc/mounts", "/dev/x / ext4 rw 0 0\n")],
  ["cgroup-controllers", "warn", file("/sys/fs/cgroup/cgroup.controllers", "cpu io pids\n")],
  ["gpio", "warn", folder("/dev", "i2c-2")],
  ["gpio", "warn", (board) => ({ ...board, closed: ["/dev/gpiochip0"] })],
  ["adc", "warn", folder("/sys/bus/iio/devices")],
  ["i2c", "warn", folder("/dev", "gpiochip0")],
  ["serial", "warn", folder("/dev", "tty1", "gpiochip0")],
  ["groups", "warn", more({ node: { ...node, gids: [20, 22] } })],
  ["user", "warn", file("/etc/passwd", "root:x:0:0::/:/bin/sh\n")],
  ["unit", "warn", says("systemctl is-enabled hedgerow", "disabled\n", 1)],
  [
    "unit-running",
    "fail",
    says(
      "systemctl show hedgerow --property=ActiveState,NRestarts",
      "ActiveState=failed\nNRestarts=5\n",
    ),
  ],
  [
    "unit-running",
    "warn",
    says(
      "systemctl show hedgerow --property=ActiveState,NRestarts",
      "ActiveState=active\nNRestarts=9\n",
    ),
  ],
  ["watchdog", "warn", folder("/dev", "gpiochip0")],
  ["watchdog-used", "warn", file("/etc/systemd/system.conf", "#RuntimeWatchdogSec=off\n")],
  [
    "governor",
    "warn",
    file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n"),
  ],
];

describe("hedgerow doctor", () => {
  it("finds nothing wrong with a healthy board", () => {
    const wrong = examine(CHECKS, factsOf(HEALTHY)).filter(({ verdict }) => verdict !== "ok");
    assert.deepEqual(wrong, []);
  });

  it("has at least 25 checks, each with a name of its own, and each is broken below", () => {
    const ids = CHECKS.map(({ id }) => id);
    assert(ids.length >= 25);
    assert.equal(new Set(ids).size, ids.length);
    const broken = new Set(BROKEN.map(([id]) => id));
    assert.deepEqual(
      ids.filter((id) => !broken.has(id)),
      [],
    );
  });

  for (const [at, [id, verdict, how]] of BROKEN.entries())
    it(`${id}: ${verdict} (board ${at + 1}), and what to do`, () => {
      const checks = CHECKS.filter((check) => check.id === id);
      const [result] = examine(checks, factsOf(how(HEALTHY)));
      assert.equal(result?.verdict, verdict, result?.saw);
      assert(result.saw.length > 0);
      assert((result.advice ?? "").length > 20);
    });

  it("of a board that tells nothing, says so and throws at nothing", () => {
    const nothing: FixtureParts = {
      ...{ files: {}, folders: {}, modes: {}, closed: [], spaces: {}, taken: [] },
      ...{
        commands: {},
        more: { run: () => undefined, portIsFree: () => undefined, interfaces: [] },
      },
    };
    const results = examine(CHECKS, factsOf(nothing));
    assert(results.filter(({ verdict }) => verdict === "unknown").length > 20);
  });

  it("repairs only by commands that are shown, and never of what is not wrong", () => {
    for (const { verdict, repair } of examine(CHECKS, factsOf(HEALTHY)))
      assert(verdict === "ok" && !repair);
    const loose = { ...HEALTHY, modes: { ...HEALTHY.modes, "/data/feeder1/board.key": 0o100640 } };
    const [result] = examine(
      CHECKS.filter(({ id }) => id === "key-permissions"),
      factsOf(loose),
    );
    assert.deepEqual(result?.repair, {
      command: "chmod",
      words: ["600", "/data/feeder1/board.key"],
    });
    assert.match(
      doctorText([result]),
      /^fail {4}key-permissions .*\n.*\n {8}--fix runs: chmod 600 /,
    );
  });

  it("looks at this machine without a fault", () => {
    const options = { dataFolder: "/nowhere/at/all", beaconUdpPort: 15_670 };
    const results = examine(CHECKS, realFacts(options, new Map()));
    assert.equal(results.length, CHECKS.length);
    assert.equal(
      results.find(({ id }) => id === "os")?.verdict === "fail",
      process.platform !== "linux",
    );
  });
});
