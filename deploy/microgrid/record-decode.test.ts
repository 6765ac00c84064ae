// Goal: what a chain should not do leaves the recorder whole: nothing is lost, doubled or guessed.
// Method: a scripted client: blocks that are missing, do not fit each other, or hold calls nobody can read.
// Seed: none.
import assert from "node:assert/strict";
import { encodeFunctionData, type Hex } from "viem";
import { marketAbi } from "../../actors/transax/contracts/generated/market-artefact.ts";
import type { Json, RpcClient } from "../../agent/core/rpc.ts";
import { DayRecorder } from "./record-chain.ts";
import { MarketDecoder } from "./record-decode.ts";

/** A chain of empty blocks whose answers a test bends. */
function bentClient(bend: (method: string, number: string) => Json | undefined): RpcClient {
  return {
    call(method, [number]) {
      const plain: Json =
        method === "eth_getBlockReceipts"
          ? []
          : {
              hash: number ?? "",
              parentHash: `0x${(Number(number) - 1).toString(16)}`,
              timestamp: "0x1",
              transactions: [],
            };
      const result = bend(method, number as string);
      return Promise.resolve({ ok: true, result: result === undefined ? plain : result });
    },
    receive: () => undefined,
    closed: new Promise(() => undefined),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

describe("a recorder on a chain that misbehaves", () => {
  it("refuses a block whose parent it did not read", async () => {
    const other = { hash: "0x2", parentHash: "0xff", timestamp: "0x1", transactions: [] };
    const client = bentClient((method, number) =>
      method === "eth_getBlockByNumber" && number === "0x2" ? other : undefined,
    );
    const recorder = new DayRecorder(client);
    await assert.rejects(recorder.takeBlock(2), { code: "RECORD_CHAIN_UNREADABLE" });
    assert.equal(recorder.progress.blockNumber, 1);
  });

  it("takes the missing block when it is asked again", async () => {
    let isBroken = true;
    const client = bentClient((method, number) =>
      isBroken && method === "eth_getBlockByNumber" && number === "0x2" ? null : undefined,
    );
    const recorder = new DayRecorder(client);
    await assert.rejects(recorder.takeBlock(3), { code: "RECORD_CHAIN_UNREADABLE" });
    isBroken = false;
    await recorder.takeBlock(3);
    assert.equal(recorder.progress.blockNumber, 3);
  });

  it("takes blocks in order when calls overlap", async () => {
    const numbers: number[] = [];
    const client = bentClient(() => undefined);
    const recorder = new DayRecorder(client, ({ blockNumber }) => void numbers.push(blockNumber));
    await Promise.all([recorder.takeBlock(3), recorder.takeBlock(2), recorder.takeBlock(4)]);
    assert.deepEqual(numbers, [1, 2, 3, 4]);
  });

  it("counts a refused call whose arguments nobody can read", () => {
    const selector = encodeFunctionData({
      abi: marketAbi,
      functionName: "postSolution",
      args: ["0x", "0x"],
    }).slice(0, 10) as Hex;
    const receipt = {
      transactionHash: "0x1",
      status: "0x0",
      gasUsed: "0x5208",
      contractAddress: null,
      logs: [],
    };
    const sent = { hash: "0x1", to: "0xAB", input: `${selector}ff` as const };
    assert.deepEqual(new MarketDecoder().transactionFact(sent, receipt, "0xab"), {
      functionName: "postSolution",
      gasUsed: 21_000,
      succeeded: false,
      itemCount: undefined,
    });
  });

  it("refuses a block whose receipts are not all there", async () => {
    const transactions = [{ hash: "0xaa", to: null, input: "0x" }];
    const client = bentClient((method) =>
      method === "eth_getBlockByNumber"
        ? { hash: "0x1", parentHash: "0x0", timestamp: "0x1", transactions }
        : undefined,
    );
    await assert.rejects(new DayRecorder(client).takeBlock(1), {
      code: "RECORD_CHAIN_UNREADABLE",
    });
  });
});
