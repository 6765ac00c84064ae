// Goal: a crew that is recorded does what it does otherwise; its recording replays, and plays in its place.
// Method: a tiny application on a simulated board, recorded; its file read back from the board's disk.
// Seed: 1 and 2.
import assert from "node:assert/strict";
import { NO_DIRECTORY, Registry } from "../discovery/registry.ts";
import { readRecording } from "../record/read-recording.ts";
import { replayComponent } from "../record/replay-component.ts";
import { Simulation } from "../sim/simulation.ts";
import { actorProgram } from "./actor-program.ts";
// Loaded now: in a simulation loading takes no time.
import "./crew-recording.ts";
import type { Addressed, CrewOptions, ToAgent } from "./protocol.ts";
import { tinyActor, tinyApplication } from "./tiny-app.contract.ts";

interface Ran {
  readonly journal: readonly string[];
  readonly files: Map<string, Uint8Array[]>;
}

async function ran(seed: number, more: Partial<CrewOptions>, file?: Uint8Array): Promise<Ran> {
  const journal: string[] = [];
  const load = (): ReturnType<typeof loaded> => loaded(journal);
  const sim = new Simulation({ seed, programs: { actor: actorProgram(load) } });
  const host = sim.host("b");
  if (file !== undefined) host.disk.files.set("played.mcap", [file]);
  const options: CrewOptions = { actors: [tinyActor("Both as pair")], ...more };
  const child = host.start({ program: "actor", name: "pair", options });
  const registry = new Registry(NO_DIRECTORY);
  child.channel.receive((raw) => {
    const { actor, message } = raw as Addressed<ToAgent>;
    if (message.kind === "provide") registry.provide(actor, message);
    if (message.kind !== "require") return;
    const { port, key } = message;
    registry.require(key, (endpoints) =>
      child.channel.send({ actor, message: { kind: "peers", port, endpoints } }),
    );
  });
  await sim.runFor(3_500);
  child.stop();
  await sim.runFor(6_000);
  assert.equal((await child.exited).kind, "stopped");
  return { journal, files: host.disk.files };
}

function loaded(journal: string[]): Promise<ReturnType<typeof tinyApplication>> {
  return Promise.resolve(tinyApplication(journal));
}

async function* piecesOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
  await Promise.resolve();
}

async function recorded(seed: number): Promise<Uint8Array> {
  const { files } = await ran(seed, { record: true });
  const [[name, pieces] = ["", []]] = files;
  assert.match(name, /^pair-\d+-[0-9a-f]+\.mcap$/);
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

describe("recording of a crew", () => {
  for (const seed of [1, 2])
    it(`changes nothing, and every component replays to the same (seed ${seed})`, async () => {
      const plain = await ran(seed, {});
      const watched = await ran(seed, { record: true });
      assert.deepEqual(watched.journal, plain.journal);
      assert.equal(plain.files.size, 0);
      const [pieces = []] = watched.files.values();
      const { application, journals, isWhole } = await readRecording(piecesOf(pieces));
      assert(isWhole);
      assert.equal(application, "Tiny");
      assert.deepEqual([...journals.keys()].sort(), ["pair/sink", "pair/source"]);
      const { components } = tinyApplication([]);
      for (const [name, type] of [
        ["pair/source", "Source"],
        ["pair/sink", "Sink"],
      ] as const) {
        const entries = journals.get(name) ?? [];
        const report = await replayComponent(components[type]!, entries);
        assert.deepEqual(report, { kind: "same", entryCount: entries.length });
        assert(entries.length > 8, `${name} did nothing`);
      }
    });

  it("plays what was recorded in the place of its components, faster if wanted", async () => {
    const file = await recorded(1);
    const more = { play: { file: "played.mcap", rate: 10 }, record: true };
    const { journal, files } = await ran(1, more, file);
    assert.deepEqual(journal, [], "the components themselves ran");
    const first = (await readRecording(piecesOf([file]))).messages.get("pair/source/tick") ?? [];
    files.delete("played.mcap");
    const [pieces = []] = files.values();
    const again = (await readRecording(piecesOf(pieces))).messages.get("pair/source/tick") ?? [];
    assert.deepEqual(
      again.map(({ text }) => text),
      first.map(({ text }) => text),
    );
    const spanUs = (list: typeof first): number => list.at(-1)!.utcUs - list[0]!.utcUs;
    assert(first.length >= 3);
    assert.equal(spanUs(again), spanUs(first) / 10);
  });

  it("a recording that is none fails the crew, and says so", async () => {
    await assert.rejects(
      ran(1, { play: { file: "played.mcap", rate: 1 } }, new Uint8Array(100)),
      /stopped/,
    );
  });
});
