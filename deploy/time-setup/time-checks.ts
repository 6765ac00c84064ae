import { parseSources, parseTracking, type Tracking } from "../time-sources/chrony-report.ts";
import { parseAdjtimex } from "../time-sources/kernel-report.ts";
import { PMC_COMMANDS, parsePmc, ptpStatus } from "../time-sources/ptp-report.ts";
import { parseStamping } from "./stamping.ts";

/** What these checks look at: a part of what `hedgerow doctor` knows of a board. */
export interface TimeFacts {
  /** The text of a file; undefined: it is not there, or may not be read. */
  readonly text: (path: string) => string | undefined;
  /** Names in a folder; undefined: it is not there, or may not be read. */
  readonly names: (path: string) => readonly string[] | undefined;
  /** What a command that only reads said; undefined: there is none, or it did not end. */
  readonly run: (
    command: string,
    ...words: readonly string[]
  ) => { readonly status: number; readonly out: string } | undefined;
  readonly nowUtcMs: number;
  readonly interfaces: readonly { readonly name: string; readonly isInternal: boolean }[];
}

/** ok; warn: works, but not well; fail: the time will be wrong; unknown: it cannot be told from here. */
export interface TimeFinding {
  readonly verdict: "ok" | "warn" | "fail" | "unknown";
  readonly saw: string;
}

/** One thing that a board's time has to have; of the form of `hedgerow doctor`. Pure. */
export interface TimeCheck {
  readonly id: string;
  readonly question: string;
  readonly look: (facts: TimeFacts) => TimeFinding;
  /** What to do when it is not ok. */
  readonly advice: string;
}

/** chrony's default is 83333. */
const SLEW_PPM_MAX = 1_000;
const BOUND_MS_MAX = 100;
const RTC_S_MAX = 10;
const PULSE_S_MAX = 10;
const OWN_CLOCK_ID = "7F7F0101";
const STRATUM_OWN = 10;

const finding = (verdict: TimeFinding["verdict"], saw: string): TimeFinding => ({ verdict, saw });

/** What the daemons of a board and its clock hardware say; beside the checks of the system's clock. */
export const DAEMON_CHECKS: readonly TimeCheck[] = [
  {
    id: "chrony-reference",
    question: "chrony has its time from somebody",
    look: (facts) =>
      withTracking(facts, ({ referenceId, referenceName, stratum, leap }) => {
        if (leap === "unsynchronised") return finding("warn", "not synchronised");
        if (referenceId === OWN_CLOCK_ID) return finding("warn", "its own clock");
        const saw = `${referenceName}, stratum ${stratum}`;
        return finding(stratum < STRATUM_OWN ? "ok" : "warn", saw);
      }),
    advice: "chronyc sources: no line with * means that no server answers, or that they disagree.",
  },
  {
    id: "chrony-bound",
    question: "chrony knows UTC well",
    look: (facts) =>
      withTracking(facts, ({ rootDispersionS, rootDelayS, correctionS }) => {
        const boundMs = (rootDispersionS + rootDelayS / 2 + Math.abs(correctionS)) * 1_000;
        const saw = `within ${boundMs.toFixed(3)} ms`;
        return finding(boundMs > BOUND_MS_MAX ? "warn" : "ok", saw);
      }),
    advice: "Use a nearer server, or a PPS; right after a start the bound shrinks by itself.",
  },
  {
    id: "chrony-sources",
    question: "chrony can tell who is wrong",
    look: ({ run }: TimeFacts): TimeFinding => {
      const sources = parseSources(run("chronyc", "-c", "sources")?.out ?? "?");
      if (sources === undefined) return finding("unknown", "chrony does not say");
      const false_ = sources.filter(({ state }) => state === "falseticker");
      if (false_.length > 0)
        return finding("warn", `wrong: ${false_.map(({ name }) => name).join(" ")}`);
      const reached = sources.filter(({ reach, mode }) => reach > 0 || mode === "clock").length;
      const hasClock = sources.some(({ mode, state }) => mode === "clock" && state === "selected");
      const saw = `${reached} of ${sources.length} answer`;
      return finding(hasClock || reached >= 3 ? "ok" : "warn", saw);
    },
    advice: "One wrong server of two cannot be told: name three or more, or a receiver of GPS.",
  },
  {
    id: "chrony-slew",
    question: "a clock that chrony corrects gently",
    look: ({ text }: TimeFacts): TimeFinding => {
      const configuration = text("/etc/chrony/chrony.conf");
      if (configuration === undefined) return finding("unknown", "no chrony.conf that may be read");
      const ppm = /^\s*maxslewrate\s+([\d.]+)/m.exec(configuration)?.[1];
      if (ppm === undefined) return finding("warn", "83333 ppm, chrony's own");
      return finding(Number(ppm) > SLEW_PPM_MAX ? "warn" : "ok", `${ppm} ppm`);
    },
    advice:
      "maxslewrate 500 in chrony.conf (hedgerow time setup writes it): faster bends the monotonic clock, and bounds with it.",
  },
  {
    id: "leap-second",
    question: "no leap second ahead",
    look: (facts) =>
      withTracking(facts, ({ leap }) => {
        const isAhead = leap === "insert" || leap === "delete";
        return finding(isAhead ? "warn" : "ok", isAhead ? `${leap} a second today` : "none");
      }),
    advice:
      "Nothing, when all boards know of it; boards on a server that smears it are off by up to a second meanwhile.",
  },
  {
    id: "kernel-clock",
    question: "a kernel that is told the error of its clock",
    look: ({ run }: TimeFacts): TimeFinding => {
      const kernel = parseAdjtimex(run("adjtimex", "--print")?.out ?? "");
      if (kernel === undefined) return finding("unknown", "no adjtimex to ask");
      const saw = `${kernel.isSynchronised ? "" : "not "}synchronised, ${kernel.maxErrorUs} µs`;
      return finding(kernel.isSynchronised ? "ok" : "warn", saw);
    },
    advice: "No daemon disciplines the clock: hedgerow time setup --help.",
  },
  {
    id: "clock-fight",
    question: "one daemon that sets the clock",
    look: ({ run, text }: TimeFacts): TimeFinding => {
      const runs = (name: string): boolean => run("pgrep", "-x", name)?.status === 0;
      const chronyd = run("pgrep", "-a", "-x", "chronyd");
      const ntp = ["ntpd", "systemd-timesyn", "openntpd"].filter(runs);
      // -x: chronyd only measures.
      if (chronyd?.status === 0 && !/\s-x\b/.test(chronyd.out)) ntp.push("chronyd");
      // A master's phc2sys copies the system's clock to the controller: it sets nothing here.
      const phc2sys = run("pgrep", "-a", "-x", "phc2sys");
      const isMaster = /-s CLOCK_REALTIME|-r -r|-rr/.test(phc2sys?.out ?? "");
      if (phc2sys?.status === 0 && !isMaster) ntp.push("phc2sys");
      const configuration = text("/etc/linuxptp/hedgerow.conf") ?? "";
      const setsByPtp =
        /^time_stamping software$/m.test(configuration) && /^slaveOnly 1$/m.test(configuration);
      if (runs("ptp4l") && setsByPtp) ntp.push("ptp4l");
      if (run("pgrep", "-x", "init") === undefined) return finding("unknown", "no pgrep to ask");
      return finding(ntp.length > 1 ? "fail" : "ok", ntp.join(" ") || "none");
    },
    advice: "Two daemons pull the clock to and fro: systemctl disable --now all but one.",
  },
  {
    id: "ptp-state",
    question: "ptp4l follows or leads",
    look: ({ run }: TimeFacts): TimeFinding => {
      const said = run("pmc", "-u", "-b", "0", ...PMC_COMMANDS);
      const sets = parsePmc(said?.out ?? "");
      const status = sets && ptpStatus(sets);
      if (status === undefined) return finding("unknown", "ptp4l does not run, or does not say");
      const { portState, offsetNs, accuracyUs } = status;
      if (portState === "MASTER" || portState === "GRAND_MASTER") return finding("ok", portState);
      if (portState !== "SLAVE") return finding("warn", portState);
      const saw = `SLAVE, ${offsetNs} ns off`;
      return accuracyUs === undefined
        ? finding("warn", `${saw}, master of unknown accuracy`)
        : finding("ok", saw);
    },
    advice:
      "LISTENING: no master is heard (UDP 319 and 320, multicast); unknown accuracy: give the master clockAccuracy.",
  },
  {
    id: "hardware-stamping",
    question: "network hardware that stamps packets",
    look: ({ run, interfaces }: TimeFacts): TimeFinding => {
      const names = new Set(
        interfaces.filter(({ isInternal }) => !isInternal).map(({ name }) => name),
      );
      const found = [...names].map((name) => {
        const stamping = parseStamping(run("ethtool", "-T", name)?.out ?? "");
        return stamping && { name, ...stamping };
      });
      const known = found.filter((each) => each !== undefined);
      if (known.length === 0) return finding("unknown", "no ethtool to ask");
      const able = known.filter(({ hasHardware }) => hasHardware);
      const saw = able.map(({ name, ptpClock }) => `${name} by /dev/ptp${ptpClock}`).join(" ");
      return able.length === 0 ? finding("warn", "software only") : finding("ok", saw);
    },
    advice:
      "Without it PTP is no better than chrony, some 10 µs: firmware-notes/clocks-*.md say which boards have it.",
  },
  {
    id: "battery-clock-true",
    question: "a battery's clock that is true",
    look: ({ text, nowUtcMs }: TimeFacts): TimeFinding => {
      const seconds = Number(text("/sys/class/rtc/rtc0/since_epoch")?.trim() ?? Number.NaN);
      if (Number.isNaN(seconds)) return finding("unknown", "none");
      const offS = Math.abs(seconds - nowUtcMs / 1_000);
      return finding(offS > RTC_S_MAX ? "warn" : "ok", `${offS.toFixed(0)} s off`);
    },
    advice:
      "hwclock --systohc when the system's clock is right; then an empty battery, if it is off again.",
  },
  {
    id: "pps",
    question: "a pulse that comes",
    look: ({ names, text, nowUtcMs }: TimeFacts): TimeFinding => {
      const pulses = (names("/sys/class/pps") ?? []).filter((name) => name.startsWith("pps"));
      if (pulses.length === 0) return finding("unknown", "no receiver");
      // Of each pulse: seconds since 1970, a point, a number. Zeros: there was none yet.
      const silent = pulses.filter((name) => {
        const last = Number(/^(\d+)\./.exec(text(`/sys/class/pps/${name}/assert`) ?? "")?.[1] ?? 0);
        return Math.abs(last - nowUtcMs / 1_000) > PULSE_S_MAX;
      });
      return silent.length > 0
        ? finding("warn", `silent: ${silent.join(" ")}`)
        : finding("ok", pulses.join(" "));
    },
    advice:
      "The receiver sees no satellites yet, or its pulse is on another pin: ppstest /dev/pps0.",
  },
];

function withTracking({ run }: TimeFacts, judge: (tracking: Tracking) => TimeFinding): TimeFinding {
  const tracking = parseTracking(run("chronyc", "-c", "tracking")?.out ?? "");
  return tracking === undefined ? finding("unknown", "chrony does not say") : judge(tracking);
}
