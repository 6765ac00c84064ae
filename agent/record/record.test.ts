// Goal: a recorded run replays to the same doings byte for byte; any other doing is told with its place.
// Method: a component that uses time, chance, calls, timers, groups and faults, run against a context made
//   by hand, recorded into a file on a simulated disk, read back, and replayed with its code and with others.
// Seed: 1 to 20 for what the component is fed with; fast-check's own for the text.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type AnyDefinition, component } from "../component/define.ts";
import { ans, clt, pub, srv, sub, tim } from "../component/ports.ts";
import { AgentError } from "../core/errors.ts";
import { hasCode } from "../core/store.contract.ts";
import { integer, record, text, unsigned64 } from "../message/field.ts";
import { message } from "../message/message-type.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { Simulation } from "../sim/simulation.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { fromText, Handle, toText } from "./plain-text.ts";
import { playbackComponent } from "./playback-component.ts";
import { readRecording } from "./read-recording.ts";
import { recordedComponent } from "./recorded-component.ts";
import { RecordingFile } from "./recording-file.ts";
import { replayComponent } from "./replay-component.ts";

const Reading = message("Reading", record({ wh: unsigned64, at: integer(0, 2 ** 52) }));
const Ask = message("Ask", record({ number: integer(0, 1000) }));
const Told = message("Told", record({ word: text(100) }));
const Team = message("Team", record({ word: text(100) }));

type Handlers = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** `factor` is what a later version of the code changes. */
function estimator(factor = 1n): AnyDefinition {
  return component({
    name: "Estimator",
    ports: {
      reading: sub(Reading),
      sum: pub(Reading),
      ask: clt(Ask, Told),
      tell: srv(Ask, Told),
      later: ans(Ask, Told),
      beat: tim(),
    },
    groups: { Team },
    options: (parameters) => parameters as { readonly start: bigint },
    setup({ port, clock, random, group, log, account }, { start }) {
      let sumWh = start;
      const waiting: { id: string; answer(reply: { word: string }): void }[] = [];
      return {
        async handleActivate() {
          const team = await group.Team.join("a", { size: 3 });
          team.send({ word: team.self });
          log("info", "joined", { leader: team.isLeader, address: account.address });
        },
        async on_reading({ wh }) {
          sumWh += wh * factor;
          const [answer] = await Promise.all([
            port.ask({ number: Math.floor(random.next() * 1000) }, 100),
            port.ask({ number: 7 }, 100),
          ]);
          if (answer.kind === "reply")
            log("info", answer.reply.word, { bytes: random.bytes(2).length });
          port.sum({ wh: sumWh, at: clock.utcUs() });
        },
        on_tell: ({ number }) => ({ word: `${number} ${sumWh}` }),
        on_later(request, caller) {
          waiting.push(caller);
          if (request.number === 13) throw new Error("thirteen");
        },
        on_beat(dueUtcUs) {
          for (const caller of waiting.splice(0))
            caller.answer({ word: `${caller.id} ${dueUtcUs}` });
          port.beat.fireIn(10);
          log("debug", "beat", { running: port.beat.isRunning });
        },
      };
    },
  }) as AnyDefinition;
}

class Clock {
  nowUtcUs = 1_800_000_000_000_000;
  utcUs(): number {
    this.nowUtcUs += 7;
    return this.nowUtcUs;
  }
}

/** Runs it on inputs that depend on the seed; what was published is `published`. */
async function live(definition: AnyDefinition, seed: number): Promise<unknown[]> {
  const chance = new SeededRandom(String(seed));
  const published: unknown[] = [];
  const nothing = (): void => undefined;
  const context = {
    ...{ name: "one/estimator", clock: new Clock(), random: new SeededRandom(`${seed} own`) },
    ...{ assets: {}, contract: {}, account: { address: "0xaa" }, log: nothing },
    port: {
      sum: (sent: unknown) => void published.push(sent),
      ask: async ({ number }: { number: number }) => {
        for (let turn = 0; turn < number % 5; turn += 1) await Promise.resolve();
        if (chance.next() < 0.3) return { kind: "no-reply", reason: "timeout" };
        return { kind: "reply", reply: { word: `told ${number}` } };
      },
      beat: { fireIn: nothing, isRunning: true },
    },
    group: {
      Team: { join: () => Promise.resolve({ self: "one", isLeader: false, send: nothing }) },
    },
  };
  const handlers = definition.setup(
    context as unknown as Parameters<AnyDefinition["setup"]>[0],
    definition.options({ start: 5n }),
  ) as unknown as Handlers;
  await handlers["handleActivate"]?.();
  for (let index = 0; index < 20; index += 1) {
    const kind = Math.floor(chance.next() * 4);
    const number = index === 9 ? 13 : index;
    if (kind === 0) await handlers["on_reading"]?.({ wh: BigInt(index) }, {});
    else if (kind === 1) handlers["on_tell"]?.({ number }, {});
    else if (kind === 2) handlers["on_beat"]?.(index);
    else {
      const caller = { id: `q${index}`, answer: nothing };
      const call = (): unknown => handlers["on_later"]?.({ number }, caller, {});
      if (number === 13) assert.throws(call, /thirteen/);
      else call();
    }
  }
  return published;
}

async function recorded(seed: number): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = [];
  await live(
    recordedComponent(estimator(), (entry) => entries.push(entry)),
    seed,
  );
  return entries;
}

describe("recording and replay", () => {
  for (let seed = 1; seed <= 20; seed += 1)
    it(`recording changes nothing, and the run replays to the same (seed ${seed})`, async () => {
      const entries: JournalEntry[] = [];
      const watched = recordedComponent(estimator(), (entry) => entries.push(entry));
      assert.deepEqual(await live(watched, seed), await live(estimator(), seed));
      const report = await replayComponent(estimator(), entries);
      assert.deepEqual(report, { kind: "same", entryCount: entries.length });
    });

  it("code that does something else is told with the first step that differs", async () => {
    const entries = await recorded(3);
    const report = await replayComponent(estimator(2n), entries);
    assert(report.kind === "different");
    const { at, recorded: was, replayed } = report;
    assert.match(was, /context\.port\.sum|on_tell|end/);
    assert.notEqual(was, replayed);
    assert.equal(JSON.stringify(entries[at]), was);
  });

  it("code that stops doing something is told too", async () => {
    const entries = await recorded(2);
    const lazy = { ...estimator() };
    const setup = lazy.setup.bind(lazy);
    lazy.setup = (context, options) => ({
      ...setup(context, options),
      handleActivate: () => undefined,
    });
    const report = await replayComponent(lazy as AnyDefinition, entries);
    assert.equal(report.kind, "different");
  });

  it("a recording cut short replays as far as it goes; one without a start is refused", async () => {
    const entries = await recorded(4);
    for (const length of [1, 5, entries.length - 1]) {
      const report = await replayComponent(estimator(), entries.slice(0, length));
      assert.deepEqual(report, { kind: "same", entryCount: length });
    }
    await assert.rejects(
      replayComponent(estimator(), entries.slice(1)),
      hasCode("RECORDING_UNREADABLE"),
    );
  });
});

describe("recording file", () => {
  async function written(seed: number, close: boolean): Promise<Simulation> {
    const sim = new Simulation({ seed });
    const { clock, log, files } = sim.host("a").openWorld("w");
    const file = new RecordingFile({
      clock,
      log,
      file: await files.create("run.mcap"),
      application: "App",
    });
    for (let round = 0; round < 40; round += 1)
      for (const entry of await recorded(seed)) file.entry("one/estimator", entry);
    if (close) await Promise.all([file[Symbol.asyncDispose](), file[Symbol.asyncDispose]()]);
    else for (let turn = 0; turn < 100_000; turn += 1) await Promise.resolve();
    return sim;
  }

  it("holds journals and messages, also as an ordinary MCAP file", async () => {
    const sim = await written(5, true);
    const { files } = sim.host("a").openWorld("r");
    const { application, journals, messages, isWhole } = await readRecording(
      files.read("run.mcap"),
    );
    assert(isWhole);
    assert.equal(application, "App");
    const journal = journals.get("one/estimator") ?? [];
    const once = await recorded(5);
    assert.deepEqual(journal.slice(0, once.length), once);
    assert.equal(journal.length, once.length * 40);
    const sums = messages.get("one/estimator/sum") ?? [];
    const published = await live(estimator(), 5);
    assert.deepEqual(
      sums.slice(0, published.length).map(({ text: each }) => fromText(each, () => undefined)),
      published,
    );
    assert(!messages.has("one/estimator/beat"), "ticks are no messages");
  });

  it("without its end it is read as far as it was written", async () => {
    const sim = await written(6, false);
    const { files } = sim.host("a").openWorld("r");
    const { journals, isWhole } = await readRecording(files.read("run.mcap"));
    assert(!isWhole);
    assert((journals.get("one/estimator")?.length ?? 0) > 100);
  });

  it("what is no recording is refused, and a disk that fails ends it, not the component", async () => {
    const sim = new Simulation({ seed: 1 });
    const { clock, files, log } = sim.host("a").openWorld("w");
    const alien = await files.create("alien");
    await alien.write(new TextEncoder().encode("this is a text of some length and no recording"));
    await assert.rejects(readRecording(files.read("alien")), hasCode("RECORDING_UNREADABLE"));
    await assert.rejects(readRecording(files.read("none")), hasCode("FILE_MISSING"));
    await assert.rejects(files.create("../up"), hasCode("FILE_NAME_INVALID"));
    const lines: string[] = [];
    const full = new RecordingFile({
      clock,
      application: "App",
      log: { write: (level, event, facts) => lines.push(`${level} ${event} ${facts["why"]}`) },
      file: {
        write: () => Promise.reject(new Error("no space left")),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      },
    });
    for (const entry of await recorded(1)) full.entry("one/estimator", entry);
    await full[Symbol.asyncDispose]();
    assert.deepEqual(lines, ["error recording-ended no space left"]);
    assert(log);
  });
});

describe("playback", () => {
  async function played(rate: number): Promise<{ atUs: number; sent: unknown }[]> {
    const sim = new Simulation({ seed: 1 });
    const { clock } = sim.host("a").openWorld("w");
    const startUtcUs = sim.utcUs;
    const messages = new Map([
      [
        "sum",
        [0, 1_000_000, 5_000_000].map((utcUs, index) => ({
          utcUs,
          text: toText({ wh: BigInt(index), at: utcUs }),
        })),
      ],
    ]);
    const told: { atUs: number; sent: unknown }[] = [];
    let count = 0;
    const journal = await recorded(3);
    const definition = playbackComponent(estimator(), {
      ...{ clock, rate, messages, journal, signal: new AbortController().signal },
      over: (messageCount) => (count = messageCount),
    });
    const port = { sum: (sent: unknown) => told.push({ atUs: sim.utcUs - startUtcUs, sent }) };
    const context = { port } as unknown as Parameters<AnyDefinition["setup"]>[0];
    const handlers = definition.setup(context, undefined) as unknown as Handlers;
    handlers["handleActivate"]?.();
    await sim.runToIdle();
    assert.equal(count, 3);
    const asked = journal.find((each) => each.kind === "begin" && each.handler === "on_tell");
    assert(asked?.kind === "begin");
    const [request] = fromText(asked.args, () => undefined) as unknown[];
    assert.match((handlers["on_tell"]?.(request) as { word: string }).word, /^\d+ \d+$/);
    assert.throws(() => handlers["on_tell"]?.({ number: 999 }), hasCode("PLAYBACK_REPLY_UNKNOWN"));
    return told;
  }

  it("publishes what was recorded, in the same rhythm or faster", async () => {
    const slow = await played(1);
    assert.deepEqual(
      slow.map(({ atUs }) => atUs),
      [0, 1_000_000, 5_000_000],
    );
    assert.deepEqual(slow[1]?.sent, { wh: 1n, at: 1_000_000 });
    assert.deepEqual(
      (await played(10)).map(({ atUs }) => atUs),
      [0, 100_000, 500_000],
    );
    await assert.rejects(played(0), hasCode("PLAYBACK_RATE_INVALID"));
  });
});

describe("plain text", () => {
  it("gives back exactly what it was given, whatever data that is", () => {
    const leaf = fc.oneof(
      ...[fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.bigInt()],
      ...[fc.constant(undefined), fc.constant(null), fc.uint8Array()],
    );
    const key = fc.oneof(fc.string(), fc.constantFrom("$n", "$b", "$u", "$h", "$o"));
    const { data } = fc.letrec((tie) => ({
      data: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("data")),
        fc.dictionary(key, tie("data"), { noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(data, (value) => {
        const back = fromText(toText(value), () => assert.fail("no handle was written"));
        assert.deepEqual(back, value);
        assert.equal(toText(back), toText(value));
      }),
    );
  });

  it("handles keep their number, and code is no data", () => {
    assert.deepEqual(
      fromText(toText([new Handle(3)]), (id) => `handle ${id}`),
      ["handle 3"],
    );
    assert.throws(() => toText(() => undefined), TypeError);
    assert(new AgentError("PLAYBACK_RATE_INVALID", { rate: 0 }).message.includes("rate 0"));
  });
});
