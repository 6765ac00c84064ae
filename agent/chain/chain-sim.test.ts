// Goal: in a simulated cluster the program keeps what it acknowledged, whenever it is killed and
// whichever write is its last, and a run is a pure function of its seed.
// Method: a board whose chain is killed between random events and at random writes and started again,
// with a client that sends one transaction after the other; then the disk is read.
// Seed: 1 to 6, each a run of its own.
import assert from "node:assert/strict";
import { bytesToHex, hexToBytes } from "@ethereumjs/util";
import type { Program } from "../core/program.ts";
import { SeededRandom } from "../sim/seeded-random.ts";
import { Simulation } from "../sim/simulation.ts";
import { signTest, testAddress, testOptions } from "./chain.fixture.ts";
import { openChain } from "./chain.ts";
import type { Hex } from "./chain-keys.ts";
import { type ChainReady, chainProgram } from "./chain-program.ts";
import { chainCrypto } from "./crypto.ts";
import { fixedCommon } from "./fixed-common.ts";

const common = fixedCommon(4242, chainCrypto);
const SENDER = testAddress(0).toString();
const TO = testAddress(9).toString();
const OPTIONS = testOptions({ port: 8545, mining: { kind: "demand", gatherMs: 5 } });

/** Sends one wei after the other for ever, reporting each hash that was acknowledged. */
const client: Program = async ({ rpc, clock }, options, parent, signal) => {
  while (!signal.aborted) {
    await using ledger = await rpc.connect(options as string, signal);
    for (;;) {
      const nonce = await ledger.call("eth_getTransactionCount", [SENDER, "latest"]);
      if (!nonce.ok) break;
      const said = { from: 0, nonce: Number(nonce.result), to: TO, valueWei: 1n };
      const raw = bytesToHex(signTest({ common }, said));
      const sent = await ledger.call("eth_sendRawTransaction", [raw]);
      if (!sent.ok) break;
      parent.send(sent.result);
    }
    await clock.sleep(50, signal);
  }
};

async function run(
  seed: number,
): Promise<{ hash: string; acknowledgedCount: number; killCount: number }> {
  const sim = new Simulation({ seed, programs: { chain: chainProgram, client } });
  const board = sim.host("board");
  const random = new SeededRandom(`kills ${seed}`);
  const acknowledged: Hex[] = [];
  let url = "";
  let killCount = 0;
  const startChain = () => {
    const child = board.start({ program: "chain", name: "chain", options: OPTIONS });
    child.channel.receive((message) => (url = (message as ChainReady).url));
    void child.exited.then(({ kind }) => {
      if (kind === "killed") killCount += 1;
      else assert.fail(kind);
    });
    return child;
  };
  let chain = startChain();
  await sim.runWhile(() => url === "");
  const sender = board.start({ program: "client", name: "client", options: url });
  sender.channel.receive((hash) => acknowledged.push(hash as Hex));
  for (let round = 0; round < 12; round += 1) {
    if (round % 2 === 0) {
      await sim.step(20 + Math.floor(150 * random.next()));
      chain.kill();
    } else {
      let left = 1 + Math.floor(6 * random.next());
      const fate = random.next() < 0.5 ? "kill-before" : "kill-after";
      board.disk.writeFault = () => ((left -= 1) === 0 ? fate : "durable");
      const before = killCount;
      await sim.runWhile(() => killCount === before);
      board.disk.writeFault = () => "durable";
    }
    chain = startChain();
    await sim.runFor(200);
  }
  board.powerOff();
  const hash = sim.transcriptHash();
  await using reader = await openChain(board.openWorld("reader"), OPTIONS);
  for (const sent of acknowledged)
    assert.ok(reader.receipt(hexToBytes(sent))?.record.succeeded, sent);
  const { nonce } = reader.account(SENDER);
  assert.equal(reader.account(TO).balanceWei, nonce);
  assert.equal(Number(nonce), reader.head.number);
  assert.ok(Number(nonce) >= acknowledged.length);
  assert.ok(new Set(acknowledged).size === acknowledged.length);
  return { hash, acknowledgedCount: acknowledged.length, killCount };
}

describe("the chain in a simulated cluster", function () {
  this.timeout(60_000);

  for (let seed = 1; seed <= 6; seed += 1)
    it(`keeps what it acknowledged (seed ${seed})`, async () => {
      const { acknowledgedCount, killCount } = await run(seed);
      assert.ok(acknowledgedCount > 20, `${acknowledgedCount} acknowledged`);
      assert.equal(killCount, 13);
    });

  it("is a pure function of its seed", async () => {
    assert.deepEqual(await run(3), await run(3));
  });
});
