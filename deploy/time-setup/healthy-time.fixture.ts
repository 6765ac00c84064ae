// A board whose time is kept well, and the same with one thing broken at a time.
import { ADJTIMEX, PMC, SOURCES, TRACKING } from "../time-sources/recorded.fixture.ts";
import type { TimeFinding } from "./time-checks.ts";

/** What a test says of a board's time: answers by command line, texts by path; anything else is not there. */
export interface TimeBoard {
  readonly commands: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
}

/** When the healthy board is looked at, in s since 1970. */
export const NOW_S = Date.UTC(2027, 0, 15) / 1_000;
/** What ethtool -T says of hardware as a BeagleBone's. */
export const CPSW = `Time stamping parameters for eth0:
Capabilities:
\thardware-transmit
\tsoftware-transmit
\thardware-receive
\tsoftware-receive
\tsoftware-system-clock
\thardware-raw-clock
PTP Hardware Clock: 0
Hardware Transmit Timestamp Modes:
\toff
\ton
Hardware Receive Filter Modes:
\tnone
\tptpv2-event
`;
/** Recorded from a virtual machine's eth0, ethtool 6.1. */
export const VIRTUAL = `Time stamping parameters for eth0:
Capabilities:
\tsoftware-transmit
\tsoftware-receive
\tsoftware-system-clock
PTP Hardware Clock: none
Hardware Transmit Timestamp Modes: none
Hardware Receive Filter Modes: none
`;
const pmc = (text: string): string => text.replace("UNCALIBRATED", "SLAVE").replace("0xfe", "0x21");
const asked = "pmc -u -b 0 GET TIME_STATUS_NP GET PORT_DATA_SET GET CURRENT_DATA_SET";
const PMC_LINE = `${asked} GET PARENT_DATA_SET GET TIME_PROPERTIES_DATA_SET`;
const three = [SOURCES, SOURCES.replace("^,*", "^,+"), SOURCES.replace("^,*", "^,+")].join("");
const tracking = TRACKING.replace("0.050000343", "0.000012343");

/** A board whose time is kept well, by chrony and by PTP. */
export const HEALTHY_TIME: TimeBoard = {
  commands: {
    "chronyc -c tracking": tracking,
    "chronyc -c sources": three,
    "adjtimex --print": ADJTIMEX.replace("status: 64", "status: 8193"),
    "pgrep -a -x chronyd": "700 /usr/sbin/chronyd -F 1\n",
    [PMC_LINE]: pmc(PMC),
    "ethtool -T eth0": CPSW,
  },
  files: {
    "/etc/chrony/chrony.conf": "pool x iburst\nmaxslewrate 500\n",
    "/sys/class/rtc/rtc0/since_epoch": `${NOW_S + 1}\n`,
    "/sys/class/pps/pps0/assert": `${NOW_S - 1}.000000123#4711\n`,
  },
};
/** The healthy board with another answer of one command. */
export const says = (command: string, out: string): TimeBoard => ({
  ...HEALTHY_TIME,
  commands: { ...HEALTHY_TIME.commands, [command]: out },
});
const file = (path: string, text: string): TimeBoard => ({
  ...HEALTHY_TIME,
  files: { ...HEALTHY_TIME.files, [path]: text },
});

/** A check, what it says of the board, and the board, on which one thing is broken. */
export const BROKEN_TIME: readonly (readonly [
  id: string,
  verdict: TimeFinding["verdict"],
  board: TimeBoard,
])[] = [
  [
    "chrony-reference",
    "warn",
    says("chronyc -c tracking", tracking.replace("Normal", "Not synchronised")),
  ],
  [
    "chrony-reference",
    "warn",
    says("chronyc -c tracking", tracking.replace("0A630001", "7F7F0101")),
  ],
  ["chrony-reference", "warn", says("chronyc -c tracking", tracking.replace(",4,", ",11,"))],
  [
    "chrony-bound",
    "warn",
    says("chronyc -c tracking", TRACKING.replace("0.050000343", "-0.150000343")),
  ],
  ["chrony-sources", "warn", says("chronyc -c sources", SOURCES)],
  ["chrony-sources", "warn", says("chronyc -c sources", three + SOURCES.replace("^,*", "^,x"))],
  ["chrony-slew", "warn", file("/etc/chrony/chrony.conf", "pool x iburst\n#maxslewrate 500\n")],
  ["chrony-slew", "warn", file("/etc/chrony/chrony.conf", "maxslewrate 83333.333\n")],
  ["leap-second", "warn", says("chronyc -c tracking", tracking.replace("Normal", "Insert second"))],
  ["kernel-clock", "warn", says("adjtimex --print", ADJTIMEX)],
  ["clock-fight", "fail", says("pgrep -x ntpd", "701\n")],
  ["clock-fight", "fail", says("pgrep -a -x phc2sys", "702 /usr/sbin/phc2sys -a -r\n")],
  ["ptp-state", "warn", says(PMC_LINE, PMC)],
  ["ptp-state", "warn", says(PMC_LINE, PMC.replace("UNCALIBRATED", "SLAVE"))],
  ["hardware-stamping", "warn", says("ethtool -T eth0", VIRTUAL)],
  ["battery-clock-true", "warn", file("/sys/class/rtc/rtc0/since_epoch", "946684800\n")],
  ["pps", "warn", file("/sys/class/pps/pps0/assert", "0.000000000#0\n")],
];
