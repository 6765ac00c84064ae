// Goal: viem and ethers, unmodified, can deploy, send, read, filter and subscribe.
// Method: the program on the real store and the real HTTP and WebSocket, one script per client and
// transport; every wait is for an event, bounded by mocha's time limit.
// Seed: none.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@ethereumjs/util";
import * as ethers from "ethers";
import * as viem from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { World } from "../core/world.ts";
import { HttpRpc } from "../io/http-rpc.ts";
import { SqliteStore } from "../io/sqlite-store.ts";
import { SystemClock } from "../io/system-clock.ts";
import { CountingActivity, silentLog, testAddress, testKey, testOptions } from "./chain.fixture.ts";
import { type ChainReady, chainProgram } from "./chain-program.ts";
import { NOTEBOOK_ABI, NOTEBOOK_CODE } from "./notebook.fixture.ts";

const activity = new CountingActivity();
const stopping = new AbortController();
let folder = "";
let url = "";
let running: Promise<void>;
let nameCount = 0;

function world(): World {
  const parts: Pick<World, "clock" | "store" | "rpc" | "log" | "activity" | "random"> = {
    clock: new SystemClock(),
    store: new SqliteStore(folder),
    rpc: new HttpRpc(),
    log: silentLog,
    activity,
    random: {
      next: () => 0.5,
      bytes: (byteCount) => new Uint8Array(byteCount).fill((nameCount += 1)),
    },
  };
  return parts as World;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "chain-clients-"));
  url = await new Promise<string>((resolve, reject) => {
    const parent = {
      send: (message: unknown) => resolve((message as ChainReady).url),
      receive: () => undefined,
    };
    running = chainProgram(world(), testOptions(), parent, stopping.signal);
    running.catch(reject);
  });
});

after(async () => {
  stopping.abort();
  await running;
  await rm(folder, { recursive: true });
});

/** A promise that a callback settles. */
function eventually<T>(): { promise: Promise<T>; resolve(value: T): void; reject(error: unknown): void } {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

function viemClients(index: number, transport: viem.Transport) {
  const chain = viem.defineChain({
    id: 4242,
    name: "test",
    nativeCurrency: { name: "ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const account = privateKeyToAccount(bytesToHex(testKey(index)));
  const shared = { chain, transport, pollingInterval: 20 };
  return {
    reader: viem.createPublicClient(shared),
    writer: viem.createWalletClient({ ...shared, account }),
  };
}

async function viemScript(index: number, transport: viem.Transport): Promise<void> {
  const { reader, writer } = viemClients(index, transport);
  assert.equal(await reader.getChainId(), 4242);
  const deployed = await writer.deployContract({
    abi: NOTEBOOK_ABI,
    bytecode: NOTEBOOK_CODE as viem.Hex,
  });
  const { contractAddress, status } = await reader.waitForTransactionReceipt({ hash: deployed });
  assert.equal(status, "success");
  const notebook = { address: viem.getAddress(contractAddress!), abi: NOTEBOOK_ABI } as const;

  const heard = eventually<readonly viem.Log[]>();
  const head = eventually<viem.Block>();
  const unwatch = reader.watchContractEvent({
    ...notebook,
    eventName: "Noted",
    onLogs: heard.resolve,
    onError: heard.reject,
  });
  const unwatchBlocks = reader.watchBlocks({
    onBlock: (block) => block.number! > 0n && head.resolve(block as viem.Block),
    onError: head.reject,
  });
  const filter = await reader.createContractEventFilter({ ...notebook, eventName: "Noted" });
  const hash = await writer.writeContract({ ...notebook, functionName: "note", args: [5n, 77n] });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, "success");
  assert.equal(receipt.from, testAddress(index).toString());
  assert.equal(receipt.logs.length, 1);
  assert.equal(await reader.readContract({ ...notebook, functionName: "notes", args: [5n] }), 77n);

  const changes = await reader.getFilterChanges({ filter });
  assert.deepEqual(changes.map(({ args }) => args.value), [77n]);
  assert.equal(await reader.uninstallFilter({ filter }), true);
  const logs = await reader.getContractEvents({ ...notebook, fromBlock: 0n });
  assert.deepEqual(logs.map(({ transactionHash }) => transactionHash), [hash]);
  // Whoever polls may look for the first time after the event: one more is sent.
  await writer.writeContract({ ...notebook, functionName: "note", args: [6n, 78n] });
  assert.equal((await heard.promise)[0]?.address, contractAddress);
  assert.equal(typeof (await head.promise).hash, "string");
  unwatch();
  unwatchBlocks();

  const block = await reader.getBlock({ blockHash: receipt.blockHash, includeTransactions: true });
  assert.deepEqual(block.transactions.map(({ hash: inside }) => inside), [hash]);
  const transaction = await reader.getTransaction({ hash });
  assert.equal(transaction.blockNumber, receipt.blockNumber);
  assert.equal(transaction.type, "eip1559");
  await assert.rejects(
    reader.simulateContract({ ...notebook, functionName: "note", args: [9n, 13n] }),
    (error: unknown) =>
      error instanceof viem.BaseError &&
      error.walk((inner) => inner instanceof viem.ContractFunctionRevertedError) !== null &&
      error.message.includes("Refused(uint256 key)"),
  );
  const feeHistory = await reader.getFeeHistory({ blockCount: 2, rewardPercentiles: [50] });
  assert.equal(feeHistory.baseFeePerGas.length, 3);
}

async function ethersScript(index: number, provider: ethers.JsonRpcApiProvider): Promise<void> {
  const signer = new ethers.Wallet(bytesToHex(testKey(index)), provider);
  const factory = new ethers.ContractFactory(NOTEBOOK_ABI, NOTEBOOK_CODE, signer);
  const deployed = await factory.deploy();
  await deployed.waitForDeployment();
  const address = await deployed.getAddress();
  const notebook = new ethers.Contract(address, NOTEBOOK_ABI, signer);
  const heard = eventually<unknown>();
  await notebook.on("Noted", (_by: string, _key: bigint, value: bigint) => heard.resolve(value));
  const head = new Promise((resolve) => void provider.once("block", resolve));
  const sent = (await notebook.getFunction("note")(5, 77)) as ethers.ContractTransactionResponse;
  const receipt = await sent.wait();
  assert.equal(receipt?.status, 1);
  assert.equal(await notebook.getFunction("notes")(5), 77n);
  const found = await notebook.queryFilter("Noted", 0);
  assert.deepEqual(found.map(({ transactionHash }) => transactionHash), [sent.hash]);
  const again = (await notebook.getFunction("note")(6, 77)) as ethers.ContractTransactionResponse;
  await again.wait();
  assert.equal(await heard.promise, 77n);
  assert.equal(typeof (await head), "number");
  const block = await provider.getBlock(receipt.blockNumber, true);
  assert.equal(block?.prefetchedTransactions[0]?.from, await signer.getAddress());
  await assert.rejects(notebook.getFunction("note").staticCall(9, 14), /unlucky/);
  await assert.rejects(notebook.getFunction("note").staticCall(9, 13), /Refused/);
  const paid = await signer.sendTransaction({ to: address, value: 0, data: "0xc0fe1af8" + "0".repeat(63) + "5", type: 0 });
  assert.equal((await paid.wait())?.type, 0);
  assert.equal(await notebook.getFunction("notes")(5), 0n);
  await notebook.removeAllListeners();
}

describe("the chain's clients", function () {
  this.timeout(30_000);

  it("viem over HTTP", () => viemScript(0, viem.http(url)));

  it("viem over HTTP with batches", () => viemScript(1, viem.http(url, { batch: true })));

  it("viem over WebSocket", async () => {
    const transport = viem.webSocket(url.replace("http", "ws"), { reconnect: false, keepAlive: false });
    await viemScript(2, transport);
    const { reader } = viemClients(2, transport);
    const socket = await (reader.transport as unknown as { getRpcClient(): Promise<{ close(): void }> }).getRpcClient();
    socket.close();
  });

  it("ethers over HTTP, which sends batches", async () => {
    const provider = new ethers.JsonRpcProvider(url, 4242, { cacheTimeout: -1, polling: true, pollingInterval: 20 });
    await ethersScript(3, provider);
    provider.destroy();
  });

  it("ethers over WebSocket", async () => {
    const provider = new ethers.WebSocketProvider(url.replace("http", "ws"), 4242, { cacheTimeout: -1 });
    await ethersScript(4, provider);
    await provider.destroy();
  });

  it("leaves no work open", () => {
    assert.equal(activity.openCount, 0);
    assert.deepEqual(activity.positions, activity.positions.map((_, i) => i));
  });
});
