// Goal: all boards of a rollout run the new version or none does, whatever is sick, dies, or meddles.
// Method: four simulated boards with real agents and stores, a controller on a fifth host.
// Seed: 1; several where the moment of a death matters.
import assert from "node:assert/strict";
import { SimIdentity } from "../../agent/sim/sim-identity.ts";
import { BOARDS, fleetBundle, type Sickness, SimulatedFleet } from "./simulated-fleet.fixture.ts";

const all = (words: string): string[] => BOARDS.map((board) => `${board} ${words}`);

describe("rollout", function () {
  this.timeout(120_000);

  it("deploys, updates, rolls back, stops, starts and removes on four boards", async () => {
    const fleet = await SimulatedFleet.open();
    const first = await fleet.rolled(fleetBundle("1.0.0"));
    assert(first.isDone, JSON.stringify(first));
    assert.deepEqual(fleet.running(), all("1.0.0"));
    assert.deepEqual(await fleet.standing(), all("running 1.0.0"));
    assert((await fleet.rolled(fleetBundle("1.1.0"))).isDone);
    assert.deepEqual(fleet.running(), all("1.1.0"));
    for (const board of BOARDS)
      assert.equal((await fleet.command(board, { op: "rollback", app: "Fleet" })).kind, "done");
    await fleet.sim.runFor(2_000);
    assert.deepEqual(fleet.running(), all("1.0.0"));
    // What was rolled back may be deployed again: it is the newest that these boards know.
    assert((await fleet.rolled(fleetBundle("1.1.0"))).isDone);
    for (const op of ["stop", "start", "remove"] as const) {
      for (const board of BOARDS)
        assert.equal((await fleet.command(board, { op, app: "Fleet" })).kind, "done");
      await fleet.sim.runFor(2_000);
      const expected = op === "start" ? all("1.1.0") : all("-");
      assert.deepEqual(fleet.running(), expected, op);
    }
    assert.deepEqual(await fleet.standing(), all("none"));
    for (const board of BOARDS)
      assert.deepEqual(await fleet.controller(board).tree.list("apps/installed"), []);
  });

  it("only chunks that changed travel, and boards of a later wave get them from the first", async () => {
    const fleet = await SimulatedFleet.open();
    const events: string[] = [];
    const tell = (event: {
      kind: string;
      board: string;
      sentCount?: number;
      gatheredCount?: number;
    }): void => {
      const { kind, board, sentCount, gatheredCount } = event;
      if (kind === "transferred")
        events.push(`${board} sent ${sentCount} gathered ${gatheredCount}`);
    };
    await fleet.rolled(fleetBundle("1.0.0"), { tell });
    const { size } = fleetBundle("1.0.0").chunks;
    assert.deepEqual(events.splice(0).sort(), [
      `a sent ${size} gathered 0`,
      ...["b", "c", "d"].map((board) => `${board} sent 0 gathered ${size}`),
    ]);
    await fleet.rolled(fleetBundle("1.1.0", { d: "late" }), { tell });
    // The code and the deployment have changed; the model and the data have not.
    assert.deepEqual(events.sort()[0], "a sent 2 gathered 0");
  });

  for (const [sickness, version, reason] of [
    ["crash", "2.0.0", /actor w ended/],
    ["unwell", "2.0.0", /not healthy after 20000 ms: w\/worker: the meter does not answer/],
    ["none", "2.0.9", /not active after 20000 ms: w/],
  ] as [Sickness, string, RegExp][])
    for (const sickBoard of ["a", "c"])
      it(`a version that is sick (${sickness} ${version}) on board ${sickBoard} is taken back from all`, async () => {
        if (version.endsWith("9") && sickBoard === "a") return;
        const fleet = await SimulatedFleet.open();
        await fleet.rolled(fleetBundle("1.0.0"));
        const outcome = await fleet.rolled(fleetBundle(version, { [sickBoard]: sickness }));
        assert(!outcome.isDone);
        const failed = outcome.boards.filter(({ result }) => result === "failed");
        assert.deepEqual(
          failed.map(({ board }) => board),
          [sickBoard],
        );
        assert.match(failed[0]?.detail ?? "", reason);
        await fleet.sim.runFor(2_000);
        assert.deepEqual(fleet.running(), all("1.0.0"));
        // A wave after the sick one was never touched.
        const others = outcome.boards.filter(({ board }) => board !== sickBoard);
        const expected = sickBoard === "a" ? "untouched" : "taken-back";
        assert(
          others.every(({ result }) => result === expected),
          JSON.stringify(outcome),
        );
        // And the boards are as they were: the next version may come.
        assert((await fleet.rolled(fleetBundle("2.1.0"))).isDone);
        assert.deepEqual(fleet.running(), all("2.1.0"));
      });

  it("a first version that is sick leaves nothing behind", async () => {
    const fleet = await SimulatedFleet.open();
    assert(!(await fleet.rolled(fleetBundle("1.0.0", { b: "crash" }))).isDone);
    assert.deepEqual(fleet.running(), all("-"));
  });

  it("a version that falls sick while later waves try it takes all back", async () => {
    const fleet = await SimulatedFleet.open();
    await fleet.rolled(fleetBundle("1.0.0"));
    // Board a is healthy after 3 s and crashes after 6, while board c needs its 20 s to fail.
    const outcome = await fleet.rolled(fleetBundle("2.0.0", { a: "late", c: "unwell" }));
    assert(!outcome.isDone);
    await fleet.sim.runFor(2_000);
    assert.deepEqual(fleet.running(), all("1.0.0"));
  });

  for (let seed = 1; seed <= 8; seed += 1)
    it(`a controller that dies in the middle leaves the old version on every board (seed ${seed})`, async () => {
      const fleet = await SimulatedFleet.open(seed);
      await fleet.rolled(fleetBundle("1.0.0"));
      fleet.events.length = 0;
      const dying = fleet.roll(fleetBundle("1.1.0"));
      dying.catch(() => undefined); // nobody hears of it: the laptop is off
      await fleet.sim.runFor(2_000 + 700 * seed);
      assert(!fleet.events.some((event) => event.startsWith("kept")), fleet.events.join());
      fleet.sim.host("laptop").powerOff();
      await fleet.sim.runFor(60_000);
      assert.deepEqual(fleet.running(), all("1.0.0"));
      assert((await fleet.rolled(fleetBundle("1.1.0"))).isDone);
      assert.deepEqual(fleet.running(), all("1.1.0"));
    });

  for (let seed = 1; seed <= 8; seed += 1)
    it(`a board that loses power in the middle takes all back, and has the old version itself (seed ${seed})`, async () => {
      const fleet = await SimulatedFleet.open(seed);
      await fleet.rolled(fleetBundle("1.0.0"));
      const victim = BOARDS[seed % 4] ?? "a";
      const rolling = fleet.roll(fleetBundle("1.1.0"));
      await fleet.sim.runFor(2_000 + 750 * seed);
      await fleet.reboot(victim, 100 * seed);
      const outcome = await fleet.done(rolling);
      await fleet.sim.runFor(40_000);
      const version = outcome.isDone ? "1.1.0" : "1.0.0";
      assert.deepEqual(fleet.running(), all(version), JSON.stringify(outcome));
    });

  it("what is kept runs after every board has lost its power", async () => {
    const fleet = await SimulatedFleet.open();
    await fleet.rolled(fleetBundle("1.0.0"));
    await fleet.rolled(fleetBundle("1.1.0"));
    for (const board of BOARDS) await fleet.reboot(board);
    assert.deepEqual(fleet.running(), all("1.1.0"));
    for (const board of BOARDS) await fleet.command(board, { op: "stop", app: "Fleet" });
    for (const board of BOARDS) await fleet.reboot(board);
    assert.deepEqual(fleet.running(), all("-"));
  });

  it("an agent that is killed keeps its actors running, and the next one takes them over", async () => {
    const fleet = await SimulatedFleet.open();
    await fleet.rolled(fleetBundle("1.0.0"));
    const pid = fleet.sim.host("b").pidOf("b/w");
    fleet.agents.get("b")?.kill();
    await fleet.sim.runFor(3_000);
    fleet.start("b");
    await fleet.sim.runFor(3_000);
    assert.equal(fleet.sim.host("b").pidOf("b/w"), pid);
    assert((await fleet.rolled(fleetBundle("1.1.0"))).isDone);
  });

  it("of two controllers at once one gets all boards, the other none", async () => {
    const fleet = await SimulatedFleet.open();
    await fleet.rolled(fleetBundle("1.0.0"));
    const one = fleet.roll(fleetBundle("1.1.0"));
    const other = fleet.roll(fleetBundle("1.2.0"), {
      host: "desk",
      signer: new SimIdentity("other"),
    });
    const outcomes = [await fleet.done(one), await fleet.done(other)];
    const winners = outcomes.filter(({ isDone }) => isDone);
    assert.equal(winners.length, 1, JSON.stringify(outcomes));
    const [loser] = outcomes.filter(({ isDone }) => !isDone);
    assert.match(JSON.stringify(loser), /BUSY/);
    const version = outcomes[0]?.isDone === true ? "1.1.0" : "1.2.0";
    assert.deepEqual(fleet.running(), all(version));
  });

  it("an interrupted rollout takes all back before it ends", async () => {
    const fleet = await SimulatedFleet.open();
    await fleet.rolled(fleetBundle("1.0.0"));
    const stop = new AbortController();
    const rolling = fleet.roll(fleetBundle("1.1.0"), {}, stop.signal);
    await fleet.sim.runFor(4_500);
    stop.abort();
    assert(!(await fleet.done(rolling)).isDone);
    await fleet.sim.runFor(1_000);
    assert.deepEqual(fleet.running(), all("1.0.0"));
  });

  it("a board refuses whom it does not know, and who may not, with the reason", async () => {
    const fleet = await SimulatedFleet.open();
    const stranger = new SimIdentity("stranger");
    const guest = new SimIdentity("guest");
    const told = async (...options: Parameters<SimulatedFleet["roll"]>): Promise<string> => {
      const { isDone, boards } = await fleet.rolled(...options);
      assert(!isDone);
      return boards.find(({ result }) => result === "failed")?.detail.split(":")[0] ?? "";
    };
    const good = fleetBundle("1.0.0");
    assert.equal(await told(good, { signer: stranger }), "REQUEST_UNSIGNED");
    assert.equal(await told(good, { signer: guest }), "REQUEST_ROLE");
    const changed = good.envelope.slice();
    changed[200] = (changed[200] ?? 0) ^ 1;
    assert.equal(await told({ ...good, envelope: changed }), "BUNDLE_ALTERED");
    assert.equal(await told(fleetBundle("1.0.0", {}, { signer: stranger })), "BUNDLE_KEY_UNKNOWN");
    assert.equal(await told(fleetBundle("1.0.0", {}, { signer: guest })), "BUNDLE_KEY_ROLE");
    assert.equal(
      await told(fleetBundle("1.0.0", {}, { architectures: ["x64"] })),
      "BUNDLE_ARCHITECTURE",
    );
    assert.equal(await told(fleetBundle("1.0.0", {}, { boards: ["b", "c", "d"] })), "BUNDLE_BOARD");
    assert.equal(
      await told(fleetBundle("1.0.0", {}, { hedgerowVersionMin: "9.0.0" })),
      "BUNDLE_AGENT_OLD",
    );
    assert((await fleet.rolled(fleetBundle("1.1.0"))).isDone);
    assert.equal(await told(good), "BUNDLE_TOO_OLD");
    assert.equal(await told(good, { allowsDowngrade: true }), "REQUEST_ROLE");
    const boss = new SimIdentity("boss");
    assert((await fleet.rolled(good, { allowsDowngrade: true, signer: boss })).isDone);
    assert.deepEqual(fleet.running(), all("1.0.0"));
    assert.equal((await fleet.command("a", { op: "status" }, guest)).kind, "apps");
    const answer = await fleet.command("a", { op: "remove", app: "Fleet" }, guest);
    assert(answer.kind === "refused" && answer.code === "REQUEST_ROLE");
  });

  it("a full disk refuses, and the board goes on with what it has", async () => {
    const fleet = await SimulatedFleet.open();
    await fleet.rolled(fleetBundle("1.0.0"));
    const { tree } = fleet.sim.host("c").disk;
    const before = tree.usedBytes;
    tree.capacityBytes = before + 300;
    const outcome = await fleet.rolled(fleetBundle("1.1.0"));
    assert(!outcome.isDone);
    assert.match(JSON.stringify(outcome), /"board":"c","result":"failed","detail":"DISK_FULL/);
    await fleet.sim.runFor(2_000);
    assert.deepEqual(fleet.running(), all("1.0.0"));
    assert(tree.usedBytes <= before + 200, `${tree.usedBytes - before} bytes are left over`);
  });
});
