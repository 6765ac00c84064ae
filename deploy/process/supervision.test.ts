// Goal: with real processes, too, an agent's death is not its actors', nor any actor's its agent's.
// Method: agents of two boards as processes; kill -9 of an agent; actors that exit, reject, throw and hang.
// Seed: none.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Child } from "../../agent/core/spawner.ts";
import type { World } from "../../agent/core/world.ts";
import { identityOf } from "../../agent/io/process-identity.ts";
import type { NodeMessage, NodeOptions } from "../../agent/node/node-options.ts";
import { demoTexts } from "./demo-application.fixture.ts";
import { keepAgents } from "./keep-agents.ts";
import { endSurvivors, processWorld } from "./process-world.ts";
import { RunTally, tallyText } from "./run-tally.ts";

const CODE_URL = new URL("./demo-application.fixture.js", import.meta.url).href;
const isAlive = (pid: number): boolean => identityOf(pid) !== undefined;

/** Agents as processes, what they tell, and what their actors log. */
class Scene {
  readonly folder = mkdtempSync(join(tmpdir(), "hedgerow-supervision-"));
  readonly world: World;
  readonly told: NodeMessage[] = [];
  /** Events that were logged, with who logged them and a number. */
  readonly lines: { name: string; event: string; facts: Record<string, unknown> }[] = [];
  readonly #cluster = randomBytes(6).toString("hex");
  #wake: () => void = () => undefined;

  constructor() {
    const base = {
      ...{ host: "127.0.0.1", broadcastHost: "127.255.255.255", assetsFolder: this.folder },
      ...{ dataFolder: this.folder, logicalUtcUs: undefined },
      levelMin: "info",
    } as const;
    this.world = processWorld("test", base, (line) => {
      if (line.startsWith("{")) this.lines.push(JSON.parse(line) as Scene["lines"][number]);
      this.#wake();
    }).world;
  }

  options(board: string, grief = "none", more: Partial<NodeOptions> = {}): NodeOptions {
    return {
      ...{ board, cluster: this.#cluster, beaconUdpPort: 25_672, application: demoTexts(grief) },
      ...{ codeUrl: CODE_URL, lasting: true, ...more },
    };
  }

  start(options: NodeOptions): Child {
    const child = this.world.spawner.spawn({ program: "node", name: options.board, options });
    child.channel.receive((message) => {
      this.told.push(message as NodeMessage);
      this.#wake();
    });
    return child;
  }

  /** The numbers that the sink has heard. */
  get heard(): number[] {
    return this.lines
      .filter(({ event }) => event === "heard")
      .map(({ facts }) => Number(facts["number"]));
  }

  /** Process numbers that agents have told of `actor`. */
  pids(kind: "actor-started" | "actor-adopted", actor: string): number[] {
    return this.told.flatMap((message) =>
      message.kind === kind && message.actor === actor ? [message.pid] : [],
    );
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  /** Ends whatever a failed test has left. */
  async close(): Promise<void> {
    for (const board of ["a", "b"]) {
      await endSurvivors(board, this.folder);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function stopped(...agents: readonly Child[]): Promise<void> {
  for (const agent of agents) agent.stop();
  for (const agent of agents) assert.equal((await agent.exited).kind, "stopped");
}

describe("supervision of processes", function () {
  this.timeout(60_000);
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.close());

  it("agents are killed, messages go on without a gap, and the next agents take over", async () => {
    let a = scene.start(scene.options("a"));
    let b = scene.start(scene.options("b"));
    await scene.until(() => scene.heard.length >= 10);
    const [s = 0] = scene.pids("actor-started", "s");
    const [r = 0] = scene.pids("actor-started", "r");
    for (let round = 1; round <= 2; round += 1) {
      a.kill();
      b.kill();
      assert.equal((await a.exited).kind, "killed");
      assert.equal((await b.exited).kind, "killed");
      const before = scene.heard.length;
      await scene.until(() => scene.heard.length >= before + 20);
      assert(isAlive(s) && isAlive(r));
      a = scene.start(scene.options("a"));
      b = scene.start(scene.options("b"));
      await scene.until(() => scene.pids("actor-adopted", "r").length === round);
      await scene.until(() => scene.pids("actor-adopted", "s").length === round);
    }
    const before = scene.heard.length;
    await scene.until(() => scene.heard.length >= before + 20);
    assert.deepEqual(scene.pids("actor-adopted", "s"), [s, s]);
    assert.deepEqual(scene.pids("actor-started", "s"), [s]);
    assert.deepEqual(scene.pids("actor-adopted", "r"), [r, r]);
    const [first = 0, ...rest] = scene.heard;
    assert.deepEqual(
      rest,
      rest.map((_, index) => first + 1 + index),
    );
    const heard = scene.lines.find(({ event }) => event === "heard");
    assert.deepEqual([heard?.name, heard?.facts["component"]], ["b/r", "r/sink"]);
    await stopped(a, b);
    assert(!isAlive(s) && !isAlive(r));
    assert(
      scene.lines.some(({ event }) => event === "inactive"),
      "it was not stopped in order",
    );
    for (const board of ["a", "b"])
      assert.deepEqual(readdirSync(join(scene.folder, board, "lasting", board)), []);
  });

  for (const grief of ["exit", "reject", "throw", "hang"])
    it(`an actor that comes to grief (${grief}) is started again, and its agent goes on`, async () => {
      const watch = { pingIntervalMs: 200, hangMs: 1500, killMs: 2500 };
      const a = scene.start(scene.options("a", grief, { watch }));
      await scene.until(() => scene.pids("actor-started", "s").length === 2);
      const [first = 0, second = 0] = scene.pids("actor-started", "s");
      assert.notEqual(first, second);
      assert(!isAlive(first) && isAlive(second) && isAlive(a.pid));
      const isHanging = scene.told.some(({ kind }) => kind === "actor-hangs");
      assert.equal(isHanging, grief === "hang");
      const ended = scene.told.find(({ kind }) => kind === "actor-ended");
      const reasons = {
        exit: /./,
        reject: /nobody caught this/,
        throw: /as told/,
        hang: /SIGKILL/,
      };
      assert(ended?.kind === "actor-ended");
      assert.match(ended.reason, reasons[grief as keyof typeof reasons]);
      await stopped(a);
      assert(!isAlive(second));
    });

  it("a keeper brings an agent back that was killed, adds up, and leaves nothing", async () => {
    const tally = new RunTally();
    const { folder: dataFolder } = scene;
    const agents: Child[] = [];
    const { spawner } = scene.world;
    const spawn: typeof spawner.spawn = (call) => {
      const child = spawner.spawn(call);
      agents.push(child);
      return child;
    };
    const world = { ...scene.world, spawner: { spawn, survivors: () => spawner.survivors() } };
    const stop = new AbortController();
    const boards = [scene.options("a"), scene.options("b")];
    const running = keepAgents({ world, dataFolder, tally }, boards, stop.signal);
    await scene.until(() => scene.heard.length >= 5);
    agents.find(({ name }) => name === "a")?.kill();
    await scene.until(() => tally.actors.some(({ adoptedCount }) => adoptedCount === 1));
    stop.abort();
    await running;
    const counts = tally.actors.map(({ actor, startCount, adoptedCount }) => [
      actor,
      `${startCount} ${adoptedCount}`,
    ]);
    assert.deepEqual(Object.fromEntries(counts), { s: "1 1", r: "1 0" });
    assert.equal(tally.agentRestartCount, 1);
    assert.match(tallyText(tally), /agents started again: 1$/);
    for (const board of ["a", "b"])
      assert.deepEqual(readdirSync(join(dataFolder, board, "lasting", board)), []);
  });
});
