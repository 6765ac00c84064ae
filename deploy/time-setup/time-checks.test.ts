// Goal: every check tells a board whose time is kept well from one on which the thing it looks at is wrong, and says what
// to do; of a board that tells nothing it says so.
// Method: one healthy board, of which each line of a table breaks one thing; a check without a line fails. Seed: none.
import assert from "node:assert/strict";
import { ADJTIMEX, PMC, SOURCES, TRACKING } from "../time-sources/recorded.fixture.ts";
import { parseStamping } from "./stamping.ts";
import { DAEMON_CHECKS, type TimeFacts, type TimeFinding } from "./time-checks.ts";

const NOW_S = 1_800_000_000;
const CPSW = `Time stamping parameters for eth0:
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
const VIRTUAL = `Time stamping parameters for eth0:
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

interface Board {
  readonly commands: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
}
const HEALTHY: Board = {
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
function factsOf({ commands, files }: Board): TimeFacts {
  return {
    text: (path) => files[path],
    names: (path) =>
      Object.keys(files).some((each) => each.startsWith(path)) ? ["pps0"] : undefined,
    run(command, ...words) {
      const out = commands[[command, ...words].join(" ")];
      return out === undefined ? { status: 1, out: "" } : { status: 0, out };
    },
    nowUtcMs: NOW_S * 1_000,
    interfaces: [
      { name: "lo", isInternal: true },
      { name: "eth0", isInternal: false },
    ],
  };
}
const says = (command: string, out: string): Board => ({
  ...HEALTHY,
  commands: { ...HEALTHY.commands, [command]: out },
});
const file = (path: string, text: string): Board => ({
  ...HEALTHY,
  files: { ...HEALTHY.files, [path]: text },
});

const BROKEN: readonly (readonly [id: string, verdict: TimeFinding["verdict"], board: Board])[] = [
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

describe("checks of a board's time", () => {
  it("find nothing wrong where time is kept well", () => {
    for (const { id, look } of DAEMON_CHECKS)
      assert.deepEqual([id, look(factsOf(HEALTHY)).verdict], [id, "ok"]);
  });

  it("have names of their own, and each is broken below", () => {
    const ids = DAEMON_CHECKS.map(({ id }) => id);
    assert.deepEqual([...new Set(BROKEN.map(([id]) => id))].sort(), [...ids].sort());
    assert.equal(new Set(ids).size, ids.length);
  });

  for (const [at, [id, verdict, board]] of BROKEN.entries())
    it(`${id}: ${verdict} (board ${at + 1}), and what to do`, () => {
      const check = DAEMON_CHECKS.find((each) => each.id === id);
      assert.ok(check);
      const { verdict: found, saw } = check.look(factsOf(board));
      assert.equal(found, verdict, saw);
      assert.ok(saw.length > 0 && check.advice.length > 20);
    });

  it("of those that set no clock, one may run beside chrony", () => {
    const check = DAEMON_CHECKS.find(({ id }) => id === "clock-fight");
    for (const board of [
      says("pgrep -a -x phc2sys", "702 /usr/sbin/phc2sys -a -r -r\n"),
      {
        ...says("pgrep -x ntpd", "701\n"),
        files: {},
        commands: { "pgrep -x ntpd": "701\n", "pgrep -a -x chronyd": "7 chronyd -x -d\n" },
      },
    ])
      assert.equal(check?.look(factsOf(board)).verdict, "ok");
  });

  it("of a board that tells nothing, say so", () => {
    const nothing = { ...factsOf({ commands: {}, files: {} }), run: () => undefined };
    for (const { id, look } of DAEMON_CHECKS)
      assert.deepEqual([id, look(nothing).verdict], [id, "unknown"]);
  });
});

describe("ethtool's report", () => {
  it("tells hardware that stamps both ways from what does not", () => {
    assert.deepEqual(parseStamping(CPSW), { hasHardware: true, hasSoftware: true, ptpClock: 0 });
    assert.deepEqual(parseStamping(VIRTUAL), {
      ...{ hasHardware: false, hasSoftware: true, ptpClock: undefined },
    });
    assert.equal(parseStamping(CPSW.replace("\thardware-receive\n", ""))?.hasHardware, false);
    const newer = CPSW.replace("PTP Hardware Clock: 0", "Hardware timestamp provider index: 0");
    assert.equal(parseStamping(newer)?.hasHardware, true);
    assert.equal(parseStamping("Cannot get device time stamping settings"), undefined);
  });
});
