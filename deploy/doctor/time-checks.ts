import type { BoardFacts } from "./board-facts.ts";
import { type Check, type Finding, fail, ok, type Repair, unknown, warn } from "./check.ts";

/** No board is older than this program. */
const BUILT_UTC_MS = Date.UTC(2026, 0, 1);
const END_UTC_MS = Date.UTC(2100, 0, 1);
const SERVICES = ["systemd-timesyncd", "chrony", "chronyd", "ntpsec", "ntp", "ptp4l", "phc2sys"];

/** Clock and time source; `hedgerow doctor time` runs these alone. */
export const TIME_CHECKS: readonly Check[] = [
  {
    id: "clock",
    question: "a clock that can be true",
    look: ({ nowUtcMs }: BoardFacts): Finding => {
      const saw = new Date(nowUtcMs).toISOString();
      return nowUtcMs < BUILT_UTC_MS || nowUtcMs > END_UTC_MS ? fail(saw) : ok(saw);
    },
    advice:
      "A board without a battery begins at a time of the past: give it a time source, or date -u -s TIME.",
  },
  {
    id: "clock-file",
    question: "a clock that has not gone back",
    look: ({ nowUtcMs, run }: BoardFacts): Finding => {
      const newest = run("stat", "-c", "%Y", "/etc/hostname");
      const seconds = Number(newest?.out.trim() ?? Number.NaN);
      if (newest?.status !== 0 || Number.isNaN(seconds)) return unknown("no file tells");
      const isBehind = seconds * 1000 > nowUtcMs + 86_400_000;
      return isBehind ? fail("files are newer than the clock") : ok("no file is newer");
    },
    advice: "Set the clock before the agent runs: a ledger refuses blocks of the past.",
  },
  {
    id: "time-source",
    question: "a service that sets the clock",
    look: ({ run }: BoardFacts): Finding => {
      const found = SERVICES.filter(
        (name) => run("systemctl", "is-active", name)?.out.trim() === "active",
      );
      if (found.length > 0) return ok(found.join(" "));
      return run("systemctl", "is-active", "basic.target") === undefined
        ? unknown("no systemd to ask")
        : warn("none runs");
    },
    advice: "apt-get install chrony, or systemctl enable --now systemd-timesyncd.",
    repair: (): Repair => ({
      command: "systemctl",
      words: ["enable", "--now", "systemd-timesyncd"],
    }),
  },
  {
    id: "time-sources-many",
    question: "no two services that pull at one clock",
    look: ({ run }: BoardFacts): Finding => {
      const setters = SERVICES.filter(
        (name) => name !== "ptp4l" && name !== "phc2sys" && name !== "chronyd" && name !== "ntpsec",
      );
      const found = setters.filter(
        (name) => run("systemctl", "is-active", name)?.out.trim() === "active",
      );
      return found.length > 1 ? fail(found.join(" ")) : ok(found[0] ?? "none");
    },
    advice: "Disable all but one: systemctl disable --now NAME.",
  },
  {
    id: "time-synchronized",
    question: "a clock that is synchronized",
    look: ({ run }: BoardFacts): Finding => {
      const said = run("timedatectl", "show", "--property=NTPSynchronized", "--value");
      if (said?.status !== 0) return unknown("timedatectl does not say");
      return said.out.trim() === "yes" ? ok("yes") : warn("no");
    },
    advice:
      "Wait a minute; then chronyc sources or timedatectl timesync-status tells what is missing.",
  },
  {
    id: "time-offset",
    question: "a small offset from its source",
    look: ({ run }: BoardFacts): Finding => {
      const said = run("chronyc", "-c", "tracking");
      if (said?.status !== 0) return unknown("only chrony says");
      const offsetMs = Math.abs(Number(said.out.split(",")[4] ?? Number.NaN)) * 1000;
      if (Number.isNaN(offsetMs)) return unknown("chrony has no source");
      const saw = `${offsetMs.toFixed(3)} ms`;
      return offsetMs > 10 ? warn(saw) : ok(saw);
    },
    advice: "Use a nearer server, or PTP: chronyc sourcestats.",
  },
  {
    id: "ptp-clock",
    question: "a hardware clock for PTP",
    look: ({ names }: BoardFacts): Finding => {
      const found = (names("/sys/class/ptp") ?? []).filter((name) => name.startsWith("ptp"));
      return found.length === 0 ? warn("none") : ok(found.join(" "));
    },
    advice:
      "Without one PTP is good to some 10 µs; with one (BeagleBone's cpsw, Pi 5) to less than 1 µs.",
  },
  {
    id: "clock-battery",
    question: "a clock that goes on without power",
    look: ({ names }: BoardFacts): Finding => {
      const found = (names("/sys/class/rtc") ?? []).filter((name) => name.startsWith("rtc"));
      return found.length === 0 ? warn("none") : ok(found.join(" "));
    },
    advice: "Add one with a battery (DS3231 on I2C); BeagleBone's own has none without a cape.",
  },
  {
    id: "clock-source",
    question: "a steady counter beneath the clock",
    look: ({ text }: BoardFacts): Finding => {
      const source = text(
        "/sys/devices/system/clocksource/clocksource0/current_clocksource",
      )?.trim();
      if (source === undefined) return unknown("the kernel does not say");
      return source === "jiffies" ? warn(source) : ok(source);
    },
    advice: "Boot with a kernel for this board: jiffies count in steps of milliseconds.",
  },
  {
    id: "timezone",
    question: "a system that keeps UTC in its hardware clock",
    look: ({ text }: BoardFacts): Finding =>
      /^LOCAL$/m.test(text("/etc/adjtime") ?? "") ? warn("local time") : ok("UTC"),
    advice: "timedatectl set-local-rtc 0: else the clock jumps by an hour twice a year.",
    repair: (): Repair => ({ command: "timedatectl", words: ["set-local-rtc", "0"] }),
  },
];
