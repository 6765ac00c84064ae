// Goal: the dispatcher answers every call as the Ethereum JSON-RPC specification says, names what is
// wrong with a bad one, and never lets a request disturb the chain.
// Method: sessions on the real engine over a database in memory, without sockets; random junk as calls.
// Seed: fast-check's, printed on failure.
import assert from "node:assert/strict";
import { bytesToHex, hexToBytes } from "@ethereumjs/util";
import fc from "fast-check";
import type { Json } from "../core/rpc.ts";
import {
  CountingActivity,
  contractAddress,
  HandClock,
  MemoryStore,
  notebookCall,
  signTest,
  testAddress,
  testOptions,
} from "./chain.fixture.ts";
import { type Chain, openChain } from "./chain.ts";
import type { Hex } from "./chain-keys.ts";
import { NOTEBOOK_CODE } from "./notebook.fixture.ts";
import { FILTER_IDLE_MS, FILTERS_MAX, FilterTable } from "./rpc-filters.ts";
import { BATCH_CALLS_MAX, ChainSession, SUBSCRIPTIONS_MAX } from "./rpc-session.ts";

type Answer = Readonly<Record<string, Json>>;
interface Failure {
  readonly code: number;
  readonly message: string;
  readonly data?: Json;
}

const faults: string[] = [];
const NOTEBOOK = contractAddress(0, 0);
const SENDER = testAddress(0).toString();

async function open() {
  const clock = new HandClock();
  const log = {
    write: (level: string, event: string): void => {
      if (level === "error") faults.push(event);
    },
  };
  const parts = { clock, store: new MemoryStore(), activity: new CountingActivity(), log };
  const chain = await openChain(parts, testOptions());
  let nameCount = 0;
  const newName = (): string => `0x${(nameCount += 1).toString(16).padStart(32, "0")}`;
  const filters = new FilterTable(chain, newName);
  const notifications: Json[] = [];
  const session = new ChainSession({ chain, filters, clock, log }, newName, (told) =>
    notifications.push(told),
  );
  const ask = async (method: string, ...params: Json[]): Promise<Answer> =>
    (await session.answer({ jsonrpc: "2.0", id: 1, method, params })) as Answer;
  const result = async (method: string, ...params: Json[]): Promise<Json> => {
    const answer = await ask(method, ...params);
    assert.ok("result" in answer, JSON.stringify(answer));
    return answer["result"];
  };
  const error = async (method: string, ...params: Json[]): Promise<Failure> => {
    const answer = await ask(method, ...params);
    assert.ok("error" in answer, JSON.stringify(answer));
    return answer["error"] as unknown as Failure;
  };
  return {
    chain,
    clock,
    session,
    filters,
    notifications,
    ask,
    result,
    error,
    [Symbol.asyncDispose]: () => chain[Symbol.asyncDispose](),
  };
}

const raw = (chain: Chain, nonce: number, data?: Hex, to?: Hex): string =>
  bytesToHex(signTest(chain, { from: 0, nonce, ...(data ? { data } : {}), ...(to ? { to } : {}) }));

/** A chain with a notebook (block 1) and one note (block 2). */
async function openNoted() {
  const world = await open();
  await world.result("eth_sendRawTransaction", raw(world.chain, 0, NOTEBOOK_CODE as Hex));
  const hash = await world.result(
    "eth_sendRawTransaction",
    raw(world.chain, 1, notebookCall("note", 1, 42), NOTEBOOK),
  );
  return { ...world, hash: hash as Hex };
}

describe("JSON-RPC dispatcher", () => {
  afterEach(() => assert.deepEqual(faults.splice(0), []));

  it("answers what a node says about itself", async () => {
    await using world = await open();
    const { result } = world;
    assert.equal(await result("eth_chainId"), "0x1092");
    assert.equal(await result("net_version"), "4242");
    assert.equal(await result("net_listening"), true);
    assert.match((await result("web3_clientVersion")) as string, /^hedgerow/);
    assert.equal(await result("eth_syncing"), false);
    assert.deepEqual(await result("eth_accounts"), []);
    for (const method of [
      "eth_blockNumber",
      "eth_gasPrice",
      "eth_maxPriorityFeePerGas",
      "net_peerCount",
    ])
      assert.equal(await result(method), "0x0");
  });

  it("tells accounts, code and storage of the newest block only", async () => {
    await using world = await openNoted();
    const { result, error } = world;
    assert.equal(await result("eth_getBalance", SENDER, "latest"), "0x3635c9adc5dea00000");
    assert.equal(
      await result("eth_getBalance", SENDER.toUpperCase().replace("0X", "0x")),
      "0x3635c9adc5dea00000",
    );
    assert.equal(await result("eth_getTransactionCount", SENDER, "latest"), "0x2");
    assert.match((await result("eth_getCode", NOTEBOOK, "0x2")) as string, /^0x60/);
    assert.equal(await result("eth_getCode", SENDER, "latest"), "0x");
    assert.equal(
      await result("eth_getStorageAt", NOTEBOOK, "0x1", "latest"),
      `0x${"1".padStart(64, "0")}`,
    );
    assert.equal(
      await result("eth_getStorageAt", NOTEBOOK, `0x${"9".padStart(64, "0")}`),
      `0x${"0".repeat(64)}`,
    );
    assert.match((await error("eth_getBalance", SENDER, "0x1")).message, /historical state/);
    assert.match((await error("eth_getBalance", SENDER, "0x3")).message, /header not found/);
    assert.match(
      (await error("eth_call", { to: NOTEBOOK }, "earliest")).message,
      /historical state/,
    );
    const { hash } = (await result("eth_getBlockByNumber", "latest", false)) as { hash: string };
    assert.equal(await result("eth_getTransactionCount", SENDER, { blockHash: hash }), "0x2");
  });

  it("counts what waits in the pending nonce", async () => {
    await using world = await open();
    const { chain, result } = world;
    const sending = result("eth_sendRawTransaction", raw(chain, 0, undefined, NOTEBOOK));
    assert.equal(await result("eth_getTransactionCount", SENDER, "pending"), "0x1");
    await sending;
    await result("eth_sendRawTransaction", raw(chain, 2, undefined, NOTEBOOK));
    assert.equal(await result("eth_getTransactionCount", SENDER, "pending"), "0x1");
    const waiting = bytesToHex(
      chain.common.customCrypto.keccak256!(hexToBytes(raw(chain, 2, undefined, NOTEBOOK) as Hex)),
    );
    const pending = (await result("eth_getTransactionByHash", waiting)) as Answer;
    assert.deepEqual(
      [pending["blockHash"], pending["nonce"], pending["from"]],
      [null, "0x2", SENDER],
    );
  });

  it("tells blocks, transactions and receipts by every key", async () => {
    await using world = await openNoted();
    const { result, hash } = world;
    const block = (await result("eth_getBlockByNumber", "0x2", true)) as Answer;
    const transaction = (await result("eth_getTransactionByHash", hash)) as Answer;
    const receipt = (await result("eth_getTransactionReceipt", hash)) as Answer;
    assert.deepEqual(await result("eth_getBlockByHash", block["hash"]!, true), block);
    assert.deepEqual(block["transactions"], [transaction]);
    const brief = (await result("eth_getBlockByNumber", "latest", false)) as Answer;
    assert.deepEqual(brief, { ...block, transactions: [hash] });
    assert.deepEqual(
      await result("eth_getTransactionByBlockNumberAndIndex", "latest", "0x0"),
      transaction,
    );
    assert.deepEqual(
      await result("eth_getTransactionByBlockHashAndIndex", block["hash"]!, "0x0"),
      transaction,
    );
    assert.equal(await result("eth_getTransactionByBlockNumberAndIndex", "latest", "0x1"), null);
    assert.deepEqual(await result("eth_getBlockReceipts", "latest"), [receipt]);
    assert.deepEqual(await result("eth_getBlockReceipts", block["hash"]!), [receipt]);
    assert.equal(await result("eth_getBlockTransactionCountByNumber", "0x0"), "0x0");
    assert.equal(await result("eth_getBlockTransactionCountByHash", block["hash"]!), "0x1");
    assert.deepEqual(
      [
        receipt["status"],
        receipt["to"],
        receipt["contractAddress"],
        receipt["transactionIndex"],
        receipt["type"],
      ],
      ["0x1", NOTEBOOK, null, "0x0", "0x2"],
    );
    assert.equal(block["logsBloom"], receipt["logsBloom"]);
    assert.notEqual(block["logsBloom"], `0x${"0".repeat(512)}`);
    assert.deepEqual([block["gasLimit"], block["baseFeePerGas"]], ["0x10000000000", "0x0"]);
    const unknown = `0x${"ab".repeat(32)}`;
    for (const [method, ...params] of [
      ["eth_getBlockByNumber", "0x99", false],
      ["eth_getBlockByHash", unknown, false],
      ["eth_getTransactionByHash", unknown],
      ["eth_getTransactionReceipt", unknown],
      ["eth_getBlockReceipts", "0x99"],
      ["eth_getBlockTransactionCountByHash", unknown],
    ] as const)
      assert.equal(await result(method, ...params), null, method);
  });

  it("calls, estimates and passes on what a contract refuses with", async () => {
    await using world = await openNoted();
    const { result, error } = world;
    const call = (data: string): Json => ({ from: SENDER, to: NOTEBOOK, data });
    assert.equal(
      await result("eth_call", call(notebookCall("notes", 1)), "latest"),
      `0x${"2a".padStart(64, "0")}`,
    );
    assert.equal(
      await result("eth_call", { to: NOTEBOOK, input: notebookCall("count") }),
      `0x${"1".padStart(64, "0")}`,
    );
    const custom = await error("eth_call", call(notebookCall("note", 5, 13)), "latest");
    assert.deepEqual([custom.code, custom.message], [3, "execution reverted"]);
    assert.equal((custom.data as string).length, 2 + 2 * 36);
    for (const method of ["eth_call", "eth_estimateGas"]) {
      const worded = await error(method, call(notebookCall("note", 5, 14)), "latest");
      assert.deepEqual([worded.code, worded.message], [3, "execution reverted: unlucky"]);
    }
    assert.equal(await result("eth_estimateGas", { from: SENDER, to: SENDER }), "0x5208");
    assert.match(
      (await error("eth_call", { to: NOTEBOOK, gas: "0x1000001" })).message,
      /gas limit too high/,
    );
    assert.equal((await error("eth_call", { to: NOTEBOOK, value: "0x1" })).code, -32_000);
    assert.match(
      (await error("eth_call", call("0x"), "latest", { [SENDER]: {} })).message,
      /stateOverride/,
    );
  });

  it("refuses transactions with the words that clients know", async () => {
    await using world = await openNoted();
    const { chain, error } = world;
    const old = await error("eth_sendRawTransaction", raw(chain, 1, undefined, SENDER));
    assert.deepEqual([old.code, old.message], [-32_000, "nonce too low"]);
    const known = await error(
      "eth_sendRawTransaction",
      raw(chain, 1, notebookCall("note", 1, 42), NOTEBOOK),
    );
    assert.deepEqual([known.code, known.message], [-32_000, "already known"]);
    assert.equal((await error("eth_sendRawTransaction", "0xc0")).code, -32_000);
  });

  it("finds logs by block, address and topic", async () => {
    await using world = await openNoted();
    const { chain, result, error, hash } = world;
    const logs = (filter: Json): Promise<Json> => result("eth_getLogs", filter);
    const [found] = (await logs({ fromBlock: "earliest" })) as Answer[];
    assert.deepEqual(
      [found!["transactionHash"], found!["logIndex"], found!["removed"]],
      [hash, "0x0", false],
    );
    const topics = found!["topics"] as string[];
    const selections: readonly (readonly [Answer, number])[] = [
      [{}, 1],
      [{ fromBlock: "0x0", toBlock: "0x1" }, 0],
      [{ fromBlock: "0x0", address: NOTEBOOK }, 1],
      [{ fromBlock: "0x0", address: [SENDER, NOTEBOOK], topics: [null, topics[1]!] }, 1],
      [{ fromBlock: "0x0", topics: [[topics[1]!, topics[0]!]] }, 1],
      [{ fromBlock: "0x0", topics: [topics[1]!] }, 0],
      [{ fromBlock: "0x0", topics: [null, null, null, null] }, 1],
      [{ fromBlock: "0x0", topics: [topics[0]!, topics[1]!, topics[2]!, topics[2]!] }, 0],
      [{ blockHash: found!["blockHash"]! }, 1],
      [{ fromBlock: "0x50" }, 0],
    ];
    for (const [filter, count] of selections)
      assert.equal(((await logs(filter)) as Json[]).length, count, JSON.stringify(filter));
    assert.match(
      (await error("eth_getLogs", { fromBlock: "0x2", toBlock: "0x1" })).message,
      /fromBlock/,
    );
    assert.match((await error("eth_getLogs", { topics: ["0x01"] })).message, /topics\[0\]/);
    assert.equal((await error("eth_getLogs", { blockHash: `0x${"ab".repeat(32)}` })).code, -32_000);
    assert.equal(chain.head.number, 2);
  });

  it("filters tell each thing once, are forgotten when idle, and have a most", async () => {
    await using world = await openNoted();
    const { chain, clock, result, error, filters } = world;
    const logs = await result("eth_newFilter", { fromBlock: "0x0", address: NOTEBOOK });
    const blocks = await result("eth_newBlockFilter");
    const pending = await result("eth_newPendingTransactionFilter");
    const changes = async (name: Json): Promise<number> =>
      ((await result("eth_getFilterChanges", name)) as Json[]).length;
    assert.deepEqual(
      [await changes(logs), await changes(blocks), await changes(pending)],
      [0, 0, 0],
    );
    for (const nonce of [2, 3])
      await result(
        "eth_sendRawTransaction",
        raw(chain, nonce, notebookCall("note", nonce, 50), NOTEBOOK),
      );
    assert.deepEqual(
      [await changes(logs), await changes(blocks), await changes(pending)],
      [2, 2, 2],
    );
    assert.deepEqual(
      [await changes(logs), await changes(blocks), await changes(pending)],
      [0, 0, 0],
    );
    assert.equal(((await result("eth_getFilterLogs", logs)) as Json[]).length, 3);
    assert.equal((await error("eth_getFilterLogs", blocks)).message, "filter not found");
    assert.equal(await result("eth_uninstallFilter", blocks), true);
    assert.equal(await result("eth_uninstallFilter", blocks), false);
    assert.equal((await error("eth_getFilterChanges", blocks)).message, "filter not found");
    clock.nowMs += FILTER_IDLE_MS;
    await changes(logs);
    clock.nowMs += 1;
    assert.equal((await error("eth_getFilterChanges", pending)).message, "filter not found");
    assert.equal(filters.size, 1);
    for (let i = 1; i < FILTERS_MAX; i += 1) await result("eth_newBlockFilter");
    assert.equal((await error("eth_newPendingTransactionFilter")).code, -32_005);
  });

  it("subscriptions tell blocks, logs and pending transactions after their own answer", async () => {
    await using world = await open();
    const { chain, session, notifications, result } = world;
    await result("eth_sendRawTransaction", raw(chain, 0, NOTEBOOK_CODE as Hex));
    const heads = await result("eth_subscribe", "newHeads");
    const logs = await result("eth_subscribe", "logs", { address: NOTEBOOK });
    const others = await result("eth_subscribe", "logs", { address: SENDER });
    const pending = await result("eth_subscribe", "newPendingTransactions");
    const hash = await result(
      "eth_sendRawTransaction",
      raw(chain, 1, notebookCall("note", 1, 42), NOTEBOOK),
    );
    const told = notifications.map((notification) => {
      const { method, params } = notification as {
        method: string;
        params: { subscription: string; result: Json };
      };
      assert.equal(method, "eth_subscription");
      return [params.subscription, params.result] as const;
    });
    assert.deepEqual(
      told.map(([name]) => name),
      [pending, heads, logs],
    );
    assert.equal(told[0]![1], hash);
    assert.equal((told[1]![1] as Answer)["number"], "0x2");
    assert.equal((told[2]![1] as Answer)["transactionHash"], hash);
    assert.equal(await result("eth_unsubscribe", heads), true);
    assert.equal(await result("eth_unsubscribe", heads), false);
    assert.equal(await result("eth_unsubscribe", others), true);
    notifications.length = 0;
    await result("eth_sendRawTransaction", raw(chain, 2, undefined, SENDER));
    assert.equal(notifications.length, 1);
    session[Symbol.dispose]();
    session[Symbol.dispose]();
    await result("eth_sendRawTransaction", raw(chain, 3, undefined, SENDER));
    assert.equal(notifications.length, 1);
  });

  it("tells nothing of a subscription before the answer that names it", async () => {
    await using world = await open();
    const { chain, notifications, ask } = world;
    const subscribing = ask("eth_subscribe", "newPendingTransactions");
    void chain.sendRaw(signTest(chain, { from: 1, nonce: 0, to: SENDER }));
    await subscribing;
    assert.equal(notifications.length, 0);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(notifications.length, 1);
  });

  it("a connection has a most of subscriptions", async () => {
    await using world = await open();
    for (let i = 0; i < SUBSCRIPTIONS_MAX; i += 1) await world.result("eth_subscribe", "newHeads");
    assert.equal((await world.error("eth_subscribe", "newHeads")).code, -32_005);
    assert.match((await world.error("eth_subscribe", "syncing")).message, /most|newHeads/);
  });

  it("answers batches in their order, keeps quiet about notifications, and bounds them", async () => {
    await using world = await open();
    const { session, chain } = world;
    const batch = [
      {
        jsonrpc: "2.0",
        id: "a",
        method: "eth_sendRawTransaction",
        params: [raw(chain, 0, undefined, SENDER)],
      },
      { jsonrpc: "2.0", method: "eth_chainId" },
      7,
      { jsonrpc: "2.0", id: 3, method: "eth_chainId" },
    ];
    const answers = (await session.answer(batch)) as Answer[];
    assert.deepEqual(
      answers.map(({ id }) => id),
      ["a", null, 3],
    );
    assert.equal((answers[1]!["error"] as unknown as Failure).code, -32_600);
    assert.equal(answers[2]!["result"], "0x1092");
    assert.equal(await session.answer([{ jsonrpc: "2.0", method: "eth_chainId" }]), undefined);
    assert.equal(await session.answer({ jsonrpc: "2.0", method: "no_such" }), undefined);
    const empty = (await session.answer([])) as Answer;
    assert.equal((empty["error"] as unknown as Failure).code, -32_600);
    const long = (await session.answer(
      Array.from({ length: BATCH_CALLS_MAX + 1 }, () => 0),
    )) as Answer;
    assert.equal((long["error"] as unknown as Failure).code, -32_005);
  });

  it("does not know what it does not know", async () => {
    await using world = await open();
    for (const method of [
      "eth_fillTransaction",
      "toString",
      "__proto__",
      "constructor",
      "x".repeat(10_000),
    ])
      assert.equal((await world.error(method)).code, -32_601);
  });

  it("names the parameter that is wrong", async () => {
    await using world = await open();
    const wrong: readonly (readonly [RegExp, string, ...Json[]])[] = [
      [/address/, "eth_getBalance", "0x12"],
      [/address/, "eth_getBalance"],
      [/block/, "eth_getBalance", SENDER, "newest"],
      [/block/, "eth_getBlockByNumber", 5, false],
      [/fullTransactions/, "eth_getBlockByNumber", "0x0", "yes"],
      [/blockHash/, "eth_getBlockByHash", "0x0", false],
      [/transactionHash/, "eth_getTransactionReceipt", SENDER],
      [/index/, "eth_getTransactionByBlockNumberAndIndex", "0x0", 0],
      [/slot/, "eth_getStorageAt", SENDER, "one"],
      [/transaction/, "eth_call", "0x"],
      [/to/, "eth_call", { to: "0x1" }],
      [/value/, "eth_call", { to: SENDER, value: 1 }],
      [/data/, "eth_call", { to: SENDER, data: "0x1" }],
      [/accessList\[0\]/, "eth_estimateGas", { to: SENDER, accessList: [{}] }],
      [/transaction/, "eth_sendRawTransaction", 5],
      [/filter/, "eth_getLogs"],
      [/filterId/, "eth_getFilterChanges", null],
      [/subscription/, "eth_subscribe", "blocks"],
      [/blockCount/, "eth_feeHistory", "0xffff", "latest"],
      [/params/, "eth_chainId"],
    ];
    for (const [name, method, ...params] of wrong) {
      const answer = (await world.session.answer(
        name.source === "params" ? { id: 1, method, params: { a: 1 } } : { id: 1, method, params },
      )) as Answer;
      const { code, message } = answer["error"] as unknown as Failure;
      assert.equal(code, -32_602, `${method} ${JSON.stringify(params)}`);
      assert.match(message, name);
    }
  });

  it("tells a history of fees that are zero", async () => {
    await using world = await openNoted();
    const history = (await world.result("eth_feeHistory", "0x5", "latest", [10, 90])) as Answer;
    assert.equal(history["oldestBlock"], "0x0");
    assert.deepEqual(history["baseFeePerGas"], ["0x0", "0x0", "0x0", "0x0"]);
    assert.deepEqual(
      history["reward"],
      [0, 1, 2].map(() => ["0x0", "0x0"]),
    );
    assert.ok(!("reward" in ((await world.result("eth_feeHistory", "0x1", "latest")) as Answer)));
  });

  it("answers any junk with an error of its own, never with a fault", async () => {
    await using world = await openNoted();
    const { session, chain } = world;
    const methods = [
      "eth_call",
      "eth_getLogs",
      "eth_newFilter",
      "eth_getBlockByNumber",
      "eth_estimateGas",
      "eth_feeHistory",
      "eth_getStorageAt",
      "eth_subscribe",
      "eth_getFilterChanges",
      "eth_sendRawTransaction",
      "eth_getTransactionCount",
    ];
    const leaf = fc.oneof(
      fc.constantFrom<Json>(
        null,
        true,
        0,
        -1,
        1e300,
        "",
        "0x",
        "0x0",
        "latest",
        "0x1",
        SENDER,
        NOTEBOOK,
        `0x${"f".repeat(64)}`,
        `0x${"f".repeat(65)}`,
      ),
      fc.string(),
    );
    const value = fc.oneof(
      leaf,
      fc.array(leaf, { maxLength: 5 }),
      fc.dictionary(
        fc.constantFrom(
          "to",
          "from",
          "data",
          "value",
          "gas",
          "address",
          "topics",
          "fromBlock",
          "toBlock",
          "blockHash",
          "accessList",
        ),
        fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...methods),
        fc.oneof(fc.array(value, { maxLength: 4 }), value),
        async (method, params) => {
          const answer = (await session.answer({
            jsonrpc: "2.0",
            id: 1,
            method,
            params,
          })) as Answer;
          assert.ok("result" in answer || "error" in answer);
          if ("error" in answer)
            assert.notEqual(
              (answer["error"] as unknown as Failure).code,
              -32_603,
              JSON.stringify([method, params, answer]),
            );
        },
      ),
      { numRuns: 1_500 },
    );
    assert.ok(chain.head.number >= 2);
  });
});
