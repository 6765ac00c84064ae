// Goal: protocols share one socket: each gets what bears its tag, and noise reaches nobody.
// Method: two boards in the simulator, and a stranger that sends what fits no tag.
// Seed: 1.
import assert from "node:assert/strict";
import { Simulation } from "../sim/simulation.ts";
import { utf8 } from "./run-in-world.contract.ts";
import { hasCode } from "./store.contract.ts";
import { LINE_BYTES_MAX, openSwitchboard, type Switchboard } from "./switchboard.ts";

async function pair(): Promise<{ sim: Simulation; a: Switchboard; b: Switchboard }> {
  const sim = new Simulation({ seed: 1 });
  const [one, other] = ["a", "b"].map((name) => sim.host(name).openWorld("agent").lan);
  return { sim, a: await openSwitchboard(one!), b: await openSwitchboard(other!, 7000) };
}

describe("switchboard", () => {
  it("carries each payload to the line of its tag, whole, with the sender's address", async () => {
    const { sim, a, b } = await pair();
    const heard: string[] = [];
    const hears = (line: string): ((datagram: { payload: Uint8Array; from: string }) => void) => {
      return ({ payload, from }) => void heard.push(`${line} ${payload.byteLength} ${from}`);
    };
    b.open("one1", hears("one"));
    b.open("two2", hears("two"));
    const one = a.open("one1", () => assert.fail());
    const two = a.open("two2", () => assert.fail());
    assert.equal(b.address, "b:7000");
    one.send(b.address, utf8("abc"));
    await sim.runFor(2);
    two.send(b.address, new Uint8Array(LINE_BYTES_MAX));
    await sim.runFor(2);
    one.send(b.address, new Uint8Array());
    await sim.runFor(2);
    const from = a.address;
    assert.deepEqual(heard, [`one 3 ${from}`, `two ${LINE_BYTES_MAX} ${from}`, `one 0 ${from}`]);
    const bytes = 3 + LINE_BYTES_MAX + 3 * 4;
    assert.deepEqual([a.counters.sentCount, a.counters.sentBytes], [3, bytes]);
    assert.deepEqual([b.counters.receivedCount, b.counters.receivedBytes], [3, bytes]);
    assert.throws(
      () => one.send(b.address, new Uint8Array(LINE_BYTES_MAX + 1)),
      hasCode("LAN_DATAGRAM_TOO_LARGE"),
    );
  });

  it("counts and drops what has no tag, or one that nobody has; a closed line's tag is free", async () => {
    const { sim, a, b } = await pair();
    const stranger = await sim
      .host("c")
      .openWorld("agent")
      .lan.bind(() => undefined);
    const line = b.open("one1", () => assert.fail());
    for (const noise of ["", "o", "one", "one2", "1eno", "ONE1"])
      stranger.send(b.address, utf8(noise));
    await sim.runFor(2);
    assert.equal(b.counters.unknownTagCount, 6);
    assert.throws(() => b.open("one1", () => undefined), /is open/);
    assert.throws(() => b.open("one", () => undefined), /no tag/);
    line.close();
    let heardCount = 0;
    b.open("one1", () => void (heardCount += 1));
    line.close();
    const sender = a.open("one1", () => undefined);
    sender.send(b.address, utf8("x"));
    await sim.runFor(2);
    assert.equal(heardCount, 1);
    await b[Symbol.asyncDispose]();
    await b[Symbol.asyncDispose]();
    sender.send("b:7000", utf8("x"));
    await sim.runFor(2);
    assert.equal(heardCount, 1);
  });
});
