import type { BoardFacts } from "./board-facts.ts";
import { type Check, type Finding, fail, ok, type Repair, unknown, warn } from "./check.ts";

const CONTROLLERS = ["cpu", "memory", "pids"];
/** Groups through which a user of Debian reaches pins and buses. */
const GROUPS = ["gpio", "i2c", "dialout"];

/** Control groups, pins and buses, rights, service. */
export const DEVICE_CHECKS: readonly Check[] = [
  {
    id: "cgroup-version",
    question: "control groups of version 2",
    look: ({ text }: BoardFacts): Finding => {
      const mounts = text("/proc/mounts");
      if (mounts === undefined) return unknown("/proc/mounts is not readable");
      return /^\S+ \/sys\/fs\/cgroup cgroup2 /m.test(mounts)
        ? ok("version 2")
        : warn("not mounted");
    },
    advice: "Limits are watched, not held, without: boot with systemd.unified_cgroup_hierarchy=1.",
  },
  {
    id: "cgroup-controllers",
    question: "controllers of processor, memory and processes",
    look: ({ text }: BoardFacts): Finding => {
      const there = text("/sys/fs/cgroup/cgroup.controllers")?.trim().split(/\s+/);
      if (there === undefined) return unknown("no control groups");
      const missing = CONTROLLERS.filter((name) => !there.includes(name));
      return missing.length === 0
        ? ok(CONTROLLERS.join(" "))
        : warn(`without ${missing.join(" ")}`);
    },
    advice:
      "A Raspberry Pi leaves memory out: add cgroup_enable=memory cgroup_memory=1 to its cmdline.txt.",
  },
  {
    id: "gpio",
    question: "pins (GPIO)",
    look: (facts: BoardFacts): Finding => devicesOf(facts, /^gpiochip\d+$/, "no pins"),
    advice: "On a board: enable them in the device tree; on a PC there are none.",
  },
  {
    id: "adc",
    question: "analogue inputs (IIO)",
    look: ({ names }: BoardFacts): Finding => {
      const found = (names("/sys/bus/iio/devices") ?? []).filter((name) =>
        name.startsWith("iio:device"),
      );
      return found.length === 0 ? warn("none") : ok(found.join(" "));
    },
    advice:
      "BeagleBone Black: load the overlay BB-ADC-00A0 in /boot/uEnv.txt. Pi: add a converter on I2C or SPI.",
  },
  {
    id: "i2c",
    question: "I2C buses",
    look: (facts: BoardFacts): Finding => devicesOf(facts, /^i2c-\d+$/, "none"),
    advice: "modprobe i2c-dev, and the board's overlay (Pi: dtparam=i2c_arm=on in config.txt).",
    repair: (): Repair => ({ command: "modprobe", words: ["i2c-dev"] }),
  },
  {
    id: "serial",
    question: "serial ports",
    look: (facts: BoardFacts): Finding => devicesOf(facts, /^tty(S|AMA|USB|O|ACM|MXC)\d+$/, "none"),
    advice: "Enable the UART in the device tree, or plug in an adapter.",
  },
  {
    id: "groups",
    question: "rights to pins and buses",
    look: (facts: BoardFacts): Finding => {
      const { text, node } = facts;
      if (node.uid === 0) return ok("root has them all");
      const groups = groupIds(text("/etc/group") ?? "");
      const there = GROUPS.filter((name) => groups.has(name));
      const missing = there.filter((name) => !node.gids.includes(groups.get(name) ?? -1));
      if (there.length === 0) return unknown(`no groups ${GROUPS.join(" ")}`);
      return missing.length === 0 ? ok(there.join(" ")) : warn(`not in ${missing.join(" ")}`);
    },
    advice: "usermod -a -G gpio,i2c,dialout USER, and log in again; the package's user is in them.",
  },
  {
    id: "user",
    question: "a user of its own for the agent",
    look: ({ text }: BoardFacts): Finding => {
      const users = text("/etc/passwd");
      if (users === undefined) return unknown("/etc/passwd is not readable");
      return /^hedgerow:/m.test(users) ? ok("hedgerow") : warn("there is no user hedgerow");
    },
    advice: "The package makes it: hedgerow board add HOST --deb FILE.",
  },
  {
    id: "unit",
    question: "an agent that starts with the system",
    look: ({ run }: BoardFacts): Finding => {
      const said = run("systemctl", "is-enabled", "hedgerow")?.out.trim();
      if (said === undefined) return unknown("no systemd to ask");
      return said === "enabled" ? ok("enabled") : warn(said || "no unit hedgerow");
    },
    advice: "systemctl enable --now hedgerow, when the package is installed.",
    repair: ({ run }: BoardFacts): Repair | undefined =>
      run("systemctl", "is-enabled", "hedgerow")?.out.trim() === "disabled"
        ? { command: "systemctl", words: ["enable", "hedgerow"] }
        : undefined,
  },
  {
    id: "unit-running",
    question: "an agent that runs and is not restarted again and again",
    look: ({ run }: BoardFacts): Finding => {
      const said = run("systemctl", "show", "hedgerow", "--property=ActiveState,NRestarts");
      if (said?.status !== 0) return unknown("no systemd to ask");
      const [, state = ""] = /^ActiveState=(\S*)/m.exec(said.out) ?? [];
      const [, restarts = "0"] = /^NRestarts=(\d+)/m.exec(said.out) ?? [];
      if (state === "failed") return fail("failed");
      if (Number(restarts) > 3) return warn(`${state}, ${restarts} restarts`);
      return state === "active" ? ok("active") : warn(state || "no unit hedgerow");
    },
    advice: "journalctl -u hedgerow -e tells why; then systemctl restart hedgerow.",
  },
  {
    id: "watchdog",
    question: "a watchdog that restarts a board that hangs",
    look: ({ names }: BoardFacts): Finding => {
      const found = (names("/dev") ?? []).filter((name) => /^watchdog\d*$/.test(name));
      return found.length === 0 ? warn("none") : ok(found.join(" "));
    },
    advice:
      "Enable the board's in the device tree; RuntimeWatchdogSec=20s in /etc/systemd/system.conf uses it.",
  },
  {
    id: "watchdog-used",
    question: "a system that feeds the watchdog",
    look: ({ text, names }: BoardFacts): Finding => {
      const folders = ["/etc/systemd/system.conf.d"];
      const drops = folders.flatMap((folder) =>
        (names(folder) ?? []).map((name) => text(`${folder}/${name}`) ?? ""),
      );
      const all = [text("/etc/systemd/system.conf") ?? "", ...drops].join("\n");
      const [, value = ""] = /^RuntimeWatchdogSec=(\S+)/m.exec(all) ?? [];
      if (value === "" || value === "0" || value === "off") return warn("not set");
      return ok(`RuntimeWatchdogSec=${value}`);
    },
    advice: "RuntimeWatchdogSec=20s in /etc/systemd/system.conf.d/watchdog.conf, and reboot.",
  },
  {
    id: "governor",
    question: "a processor that does not slow down",
    look: ({ text }: BoardFacts): Finding => {
      const found = text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")?.trim();
      if (found === undefined) return ok("of one speed");
      return found === "powersave" ? warn(found) : ok(found);
    },
    advice:
      "Late timers come of slow processors: echo performance into scaling_governor, or cpupower frequency-set.",
  },
];

function devicesOf(
  { names, may }: BoardFacts,
  pattern: RegExp,
  none: string,
): ReturnType<Check["look"]> {
  const all = names("/dev");
  if (all === undefined) return unknown("/dev is not readable");
  const found = all.filter((name) => pattern.test(name));
  if (found.length === 0) return warn(none);
  const open = found.filter((name) => may(`/dev/${name}`, "write"));
  const saw =
    found.slice(0, 4).join(" ") + (found.length > 4 ? ` and ${found.length - 4} more` : "");
  return open.length === 0 ? warn(`${saw}: not for this user`) : ok(saw);
}

function groupIds(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").map((line) => line.split(":"));
  return new Map(
    lines.flatMap(([name, , id]) => (name && id ? [[name, Number(id)] as const] : [])),
  );
}
