// Goal: what daemons print becomes a reading with an honest bound; what they do not print becomes nothing, and is counted.
// Method: recorded outputs, then the same cut, garbled and out of range; a tool that says what the test tells it to.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { chronyReading, kindOfSelected, parseSources, parseTracking } from "./chrony-report.ts";
import { chronySource, kindOfChrony, ptpSource } from "./daemon-sources.ts";
import { parseAdjtimex } from "./kernel-report.ts";
import { parsePmc, ptpReading, ptpStatus } from "./ptp-report.ts";
import { ADJTIMEX, OWN_CLOCK, PMC, SOURCES, TRACKING } from "./recorded.fixture.ts";

const LOOK = { beforeMonotonicUs: 1_000, afterMonotonicUs: 11_000, systemUtcUs: 5e15, lookUs: 500 };
const tracking = (change: (words: string[]) => void): string => {
  const words = TRACKING.trim().split(",");
  change(words);
  return words.join(",");
};
const ptpWith = (change: (text: string) => string): ReturnType<typeof ptpStatus> => {
  const sets = parsePmc(change(PMC));
  return sets && ptpStatus(sets);
};

describe("chrony's reports", () => {
  it("give UTC as the system's clock and its correction, with NTP's root distance around it", () => {
    const read = parseTracking(TRACKING);
    assert.ok(read);
    const reading = chronyReading(read, LOOK);
    assert.ok(reading);
    assert.equal(reading.atMonotonicUs, 11_000);
    assert.ok(Math.abs(reading.utcUs - (5e15 + 50_000.343)) < 1);
    assert.equal(reading.stratum, 4);
    // Dispersion, half the delay, 10 ms slewed at most by a tenth, 10 ms of skew, and the look.
    const expectedUs = 2.477 + 1.031 / 2 + 1_000 + 0.001_42 + 500;
    assert.ok(Math.abs(reading.boundUs - expectedUs) < 1e-6, String(reading.boundUs));
  });

  it("no time comes from a clock that has it from nobody, is not set, or says so by its stratum", () => {
    for (const text of [
      OWN_CLOCK,
      tracking((words) => (words[13] = "Not synchronised")),
      tracking((words) => (words[2] = "0")),
      tracking((words) => (words[2] = "10")),
      tracking((words) => (words[0] = "00000000")),
    ]) {
      const read = parseTracking(text);
      assert.ok(read, text);
      assert.equal(chronyReading(read, LOOK), undefined, text);
    }
  });

  it("leap seconds are handed on", () => {
    const leapOf = (word: string): number | undefined => {
      const read = parseTracking(tracking((words) => (words[13] = word)));
      return read && chronyReading(read, LOOK)?.leapSeconds;
    };
    assert.deepEqual(
      [leapOf("Insert second"), leapOf("Delete second"), leapOf("Normal")],
      [1, -1, 0],
    );
  });

  it("name a clock of the board, or the network", () => {
    const kindOf = (text: string): string | undefined => {
      const sources = parseSources(text);
      return sources && kindOfSelected(sources);
    };
    assert.equal(kindOf(SOURCES), "system");
    assert.equal(
      kindOf(`${SOURCES.replace("*", "-")}#,*,PPS,0,4,377,9,0.000000001,0.000000002,0.0000001\n`),
      "pps",
    );
    assert.equal(kindOf("#,*,PHC0,0,4,377,9,0.000000001,0.000000002,0.0000001\n"), "ptp");
    assert.equal(kindOf("#,?,PPS,0,4,0,9,0.0,0.0,0.0\n"), "system");
    for (const bad of ["%,*,x,3,6,377,1,0,0,0", "^,*,x,3,6,378,1,0,0,0", "^,*,x,3", "x".repeat(99)])
      assert.equal(parseSources(bad), undefined);
  });
});

describe("linuxptp's reports", () => {
  const free = { stamping: "software", isFreeRunning: true } as const;
  it("give UTC less the offset when ptp4l only measures", () => {
    const status = ptpWith((text) => text.replace("0xfe", "0x25"));
    assert.ok(status);
    const reading = ptpReading(status, LOOK, free);
    assert.deepEqual(reading, {
      ...{ atMonotonicUs: 11_000, utcUs: 5e15 + 1.043, stratum: 2, leapSeconds: 0 },
      boundUs: 10 + 1.47 + 500,
    });
  });

  it("count the offset and phc2sys's lag in where they set the clock", () => {
    const status = ptpWith((text) => text.replace("0xfe", "0x21").replace("UNCALIBRATED", "SLAVE"));
    assert.ok(status);
    const reading = ptpReading(status, LOOK, { stamping: "hardware", systemLagUs: 20 });
    assert.ok(reading);
    assert.equal(reading.utcUs, 5e15);
    assert.ok(Math.abs(reading.boundUs - (0.1 + 1.043 + 1.47 + 20 + 500)) < 1e-9);
  });

  it("no time comes from a grandmaster that does not know how good it is, or from none", () => {
    const silent = (change: (text: string) => string): void => {
      const status = ptpWith(change);
      assert.ok(status);
      assert.equal(ptpReading(status, LOOK, free), undefined);
    };
    silent((text) => text);
    silent((text) => text.replace("0xfe", "0x25").replace("UNCALIBRATED", "LISTENING"));
    silent((text) =>
      text.replace("0xfe", "0x25").replace("gmPresent                  true", "gmPresent false"),
    );
    silent((text) => text.replace("0xfe", "0x31"));
    const settled = ptpWith((text) => text.replace("0xfe", "0x25"));
    assert.ok(settled);
    assert.equal(ptpReading(settled, LOOK, { stamping: "hardware" }), undefined);
  });
});

describe("reports that are none", () => {
  it("cut anywhere, with a letter replaced, or arbitrary: nothing is made of them, and nothing throws", () => {
    for (const [text, needed, parse] of [
      [TRACKING.trim(), TRACKING.length - 4, parseTracking],
      [
        PMC.trim(),
        PMC.indexOf("leap59"),
        (cut: string) => {
          const sets = parsePmc(cut);
          return sets && ptpStatus(sets);
        },
      ],
    ] as const)
      fc.assert(
        fc.property(fc.nat(text.length - 1), fc.string(), (length, noise) => {
          const cut = parse(text.slice(0, length));
          // What is needed ends here: the rest may be lost unseen.
          if (length < needed) assert.equal(cut, undefined);
          assert.equal(parse(noise), undefined);
          parse(text.slice(0, length) + noise + text.slice(length + 1));
        }),
      );
    for (const word of ["nan", "inf", "1e999", "", "0x10", "-"])
      assert.equal(parseTracking(tracking((words) => (words[4] = word))), undefined, word);
    assert.equal(parseTracking(tracking((words) => (words[11] = "-1"))), undefined);
    assert.equal(parsePmc("\t\tname value\n"), undefined);
  });

  it("of the kernel's clock: only what adjtimex prints", () => {
    assert.deepEqual(parseAdjtimex(ADJTIMEX), {
      ...{ isSynchronised: false, maxErrorUs: 16_000_000, leap: 0 },
    });
    const synchronised = ADJTIMEX.replace("status: 64", "status: 8209");
    assert.deepEqual(parseAdjtimex(synchronised), {
      ...{ isSynchronised: true, maxErrorUs: 16_000_000, leap: 1 },
    });
    assert.equal(parseAdjtimex("command not found"), undefined);
  });
});

describe("daemons as sources", () => {
  const clocks = { nowUs: 0 };
  const oscillator = { monotonicUs: () => clocks.nowUs, systemUtcUs: () => 7e15 + clocks.nowUs };

  it("are asked at most every 12 s, and count what is wrong with them", async () => {
    const says: (string | undefined)[] = [
      TRACKING,
      undefined,
      "506 Cannot talk to daemon",
      OWN_CLOCK,
    ];
    const asked: string[] = [];
    const run = (command: string, words: readonly string[]): Promise<string | undefined> => {
      asked.push([command, ...words].join(" "));
      clocks.nowUs += 2_000;
      return Promise.resolve(says[asked.length - 1]);
    };
    const source = chronySource({ oscillator, run }, { host: "/run/chrony/chronyd.sock" });
    const readings: unknown[] = [];
    for (let second = 0; second < 48; second += 4) {
      clocks.nowUs = second * 1_000_000;
      readings.push(await source.read());
    }
    assert.equal(asked.length, 4);
    assert.equal(asked[0], "chronyc -h /run/chrony/chronyd.sock -c tracking");
    assert.equal(readings.filter((each) => each !== undefined).length, 1);
    assert.deepEqual(source.counters, {
      ...{ askedCount: 4, silentCount: 1, malformedCount: 1, unsetCount: 1 },
    });
  });

  it("ask for all sets of ptp4l at once, and what chrony follows", async () => {
    const asked: string[] = [];
    const said = (text: string) => (command: string, words: readonly string[]) => {
      asked.push([command, ...words].join(" "));
      return Promise.resolve(text);
    };
    const parts = { oscillator, run: said(PMC.replace("0xfe", "0x25")) };
    const terms = {
      stamping: "software",
      isFreeRunning: true,
      words: ["-s", "/run/ptp4l"],
    } as const;
    assert.equal((await ptpSource(parts, terms).read())?.stratum, 2);
    assert.match(
      asked[0] ?? "",
      /^pmc -u -b 0 -s \/run\/ptp4l GET TIME_STATUS_NP GET PORT_DATA_SET /,
    );
    assert.equal(await kindOfChrony({ run: said(SOURCES) }), "system");
    assert.equal(await kindOfChrony({ run: said("?") }), undefined);
  });
});
