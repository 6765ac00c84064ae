// Goal: what a program logs stays on the disk in bounded space, is read without gap while it is written, and a
// fault that repeats does not fill it.
// Method: the contract on real files; logs of a few bytes a file; torn and foreign files.
// Seed: fast-check's own.
import assert from "node:assert/strict";
import { appendFile, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import type { Log } from "../core/log.ts";
import { logHistoryContract } from "../core/log-history.contract.ts";
import { DiskLogHistory } from "./disk-log-history.ts";
import { KeptLog } from "./kept-log.ts";
import { RepeatRule } from "./repeat-rule.ts";
import { SystemClock } from "./system-clock.ts";
import { inFolder } from "./temporary-folder.contract.ts";

const silent: Log = { write: () => undefined };

function keptLog(
  folder: string,
  more: { name?: string; fileBytesMax?: number; utcUs?: () => number } = {},
): KeptLog {
  const { name = "east/a", utcUs = () => new SystemClock().utcUs(), ...options } = more;
  return new KeptLog({
    name,
    folder: join(folder, "logs"),
    clock: { utcUs },
    beside: silent,
    ...options,
  });
}

logHistoryContract("files", (body) =>
  inFolder((folder) => body({ log: keptLog(folder), history: new DiskLogHistory(folder) })),
);

describe("a log that is kept", () => {
  it("takes turns with its files, says when lines were given up, and goes on behind them", () =>
    inFolder(async (folder) => {
      const log = keptLog(folder, { fileBytesMax: 1000 });
      const history = new DiskLogHistory(folder);
      log.write("info", "n", { number: 0 });
      const early = await history.read({ cursor: "", linesMax: 10 });
      let { cursor } = early;
      let last = 0;
      for (let number = 1; number <= 100; number += 1) {
        log.write("info", "n", { number });
        const batch = await history.read({ cursor, linesMax: 10 });
        assert(!batch.hasGap);
        for (const { facts } of batch.lines) assert.equal(facts["number"], (last += 1));
        ({ cursor } = batch);
      }
      assert.equal(last, 100);
      const files = await readdir(join(folder, "logs"));
      assert.equal(files.length, 2);
      for (const file of files) assert((await stat(join(folder, "logs", file))).size <= 1000);
      const late = await history.read({ cursor: early.cursor, linesMax: 1000 });
      assert(late.hasGap);
      assert.equal(late.lines.at(-1)?.facts["number"], 100);
    }));

  it("is there when its program has ended, and the next one goes on with it", () =>
    inFolder(async (folder) => {
      keptLog(folder).write("info", "one", {});
      keptLog(folder).write("info", "two", {});
      const { lines } = await new DiskLogHistory(folder).read({ cursor: "", linesMax: 10 });
      assert.deepEqual(
        lines.map(({ event }) => event),
        ["one", "two"],
      );
      assert.equal((await readdir(join(folder, "logs"))).length, 1);
    }));

  it("is merged with those of other programs and users by time, but never turned round in itself", () =>
    inFolder(async (folder) => {
      let now = 0;
      const own = keptLog(folder, { utcUs: () => now });
      const other = keptLog(join(folder, "as-1000"), { name: "east/b", utcUs: () => now });
      for (const [log, at] of [
        [own, 10],
        [other, 20],
        [own, 30],
        [own, 5],
        [other, 40],
      ] as const) {
        now = at;
        log.write("info", "at", { at });
      }
      const { lines } = await new DiskLogHistory(folder).read({ cursor: "", linesMax: 10 });
      assert.deepEqual(
        lines.map(({ utcUs }) => utcUs),
        [10, 20, 30, 5, 40],
      );
    }));

  it("a line that is being written waits; one that is torn, and files of others, are passed over", () =>
    inFolder(async (folder) => {
      const logs = join(folder, "logs");
      await mkdir(logs);
      await writeFile(join(logs, "notes.txt"), "hello\n");
      await writeFile(join(logs, "a.1.log"), `{"utcUs":1,"ev\nnull\n{"utcUs":2,"level":"info"`);
      const history = new DiskLogHistory(folder);
      const first = await history.read({ cursor: "", linesMax: 10 });
      assert.deepEqual(first.lines, []);
      await appendFile(join(logs, "a.1.log"), `,"event":"e","program":"a","facts":{}}\n`);
      const { lines } = await history.read({ cursor: first.cursor, linesMax: 10 });
      assert.deepEqual(
        lines.map(({ event }) => event),
        ["e"],
      );
    }));

  it("cuts a line that is too long, and outlives a disk that takes nothing", () =>
    inFolder(async (folder) => {
      keptLog(folder).write("info", "long", { text: "x".repeat(100_000) });
      const [name = ""] = await readdir(join(folder, "logs"));
      assert((await stat(join(folder, "logs", name))).size < 8_192);
      await writeFile(join(folder, "file"), "");
      const said: string[] = [];
      const beside: Log = { write: (_level, event) => void said.push(event) };
      const clock = new SystemClock();
      const log = new KeptLog({ name: "a", folder: join(folder, "file", "logs"), clock, beside });
      log.write("info", "one", {});
      log.write("info", "two", {});
      assert.deepEqual(said, ["one", "log-not-kept", "two"]);
    }));
});

describe("the rule of faults that repeat", () => {
  it("keeps twenty of a kind in ten seconds, and counts the rest to the last", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2_000_000 }), { maxLength: 300 }), (gaps) => {
        const rule = new RepeatRule();
        let utcUs = 0;
        let keptCount = 0;
        let suppressedCount = 0;
        for (const gap of gaps) {
          utcUs += gap;
          const verdict = rule.heard("error", "sensor-broken", utcUs);
          keptCount += Number(verdict.keeps);
          suppressedCount += verdict.suppressedCount;
        }
        // An hour later all is told.
        const last = rule.heard("error", "sensor-broken", utcUs + 3.6e9);
        assert.equal(keptCount + suppressedCount + last.suppressedCount, gaps.length);
        assert(keptCount <= 20 * (1 + utcUs / 1e7));
      }),
    );
  });

  it("keeps every line that is no fault", () => {
    const rule = new RepeatRule();
    for (let count = 0; count < 100; count += 1)
      assert(rule.heard("info", "measured", count).keeps);
  });
});
