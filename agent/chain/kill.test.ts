// Goal: kill -9 at any write loses no acknowledged transaction and leaves no half block.
// Method: this file runs itself as a child on real SQLite, with a store that kills its own process at
// the n-th write of a transaction, or right after it; n runs over every write of some blocks. The chain
// is then opened again, checked as a whole against what the child had acknowledged, and goes on.
// Seed: none.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytesToBigInt, bytesToHex, hexToBytes } from "@ethereumjs/util";
import type { Database, Store, Writer } from "../core/store.ts";
import { SqliteStore } from "../io/sqlite-store.ts";
import { SystemClock } from "../io/system-clock.ts";
import {
  CountingActivity,
  contractAddress,
  notebookCall,
  signTest,
  silentLog,
  testAddress,
  testOptions,
} from "./chain.fixture.ts";
import { type Chain, openChain } from "./chain.ts";
import type { Hex } from "./chain-keys.ts";
import { NOTEBOOK_CODE } from "./notebook.fixture.ts";

const BLOCKS_PER_CHILD = 2;
const NOTES_PER_BLOCK = 2;
const NOTEBOOK = contractAddress(0, 0);

/** Kills this process at the `killAt`th event: each write, and each transaction once it is durable. */
class KillingStore implements Store {
  readonly #store: Store;
  readonly #killAt: number;
  #eventCount = 0;

  constructor(store: Store, killAt: number) {
    this.#store = store;
    this.#killAt = killAt;
  }

  #event(): void {
    this.#eventCount += 1;
    if (this.#eventCount === this.#killAt) process.kill(process.pid, "SIGKILL");
  }

  async open(name: string): Promise<Database> {
    const database = await this.#store.open(name);
    const counted = (writer: Writer): Writer => ({
      get: (table, key) => writer.get(table, key),
      put: (table, key, value) => {
        this.#event();
        writer.put(table, key, value);
      },
      delete: (table, key) => {
        this.#event();
        writer.delete(table, key);
      },
    });
    return {
      get: (table, key) => database.get(table, key),
      scan: (table, range) => database.scan(table, range),
      transact: (work) => {
        const result = database.transact((writer) => work(counted(writer)));
        this.#event();
        return result;
      },
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  }
}

function open(store: Store): Promise<Chain> {
  const parts = {
    clock: new SystemClock(),
    store,
    activity: new CountingActivity(),
    log: silentLog,
  };
  // Few accounts: each write of genesis costs a child.
  const genesis = { [testAddress(0).toString()]: "1" };
  return openChain(parts, testOptions({ transactionsPerBlockMax: NOTES_PER_BLOCK, genesis }));
}

/** Sends some blocks of notes, telling each hash on standard output once it is acknowledged. */
async function runChild(folder: string, killAt: number): Promise<void> {
  await using chain = await open(new KillingStore(new SqliteStore(folder), killAt));
  const tell = async (raw: Uint8Array): Promise<void> => {
    const outcome = await chain.sendRaw(raw);
    assert.ok(outcome.ok, outcome.ok ? "" : outcome.reason);
    process.stdout.write(`${bytesToHex(outcome.hash)}\n`);
  };
  if (chain.account(testAddress(0).toString()).nonce === 0n)
    await tell(signTest(chain, { from: 0, nonce: 0, data: NOTEBOOK_CODE as Hex }));
  for (let block = 0; block < BLOCKS_PER_CHILD; block += 1) {
    const nonce = Number(chain.account(testAddress(1).toString()).nonce);
    const notes = Array.from({ length: NOTES_PER_BLOCK }, (_, i) =>
      signTest(chain, {
        from: 1,
        nonce: nonce + i,
        to: NOTEBOOK,
        data: notebookCall("note", nonce + i, 100 + nonce + i),
      }),
    );
    await Promise.all(notes.map((raw) => tell(raw)));
  }
}

/** Runs a child until it ends or is killed; tells what it acknowledged. */
async function child(
  folder: string,
  killAt: number,
): Promise<{ killed: boolean; hashes: string[] }> {
  const started = spawn(
    process.execPath,
    [fileURLToPath(import.meta.url), "run-child", folder, String(killAt)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let told = "";
  started.stdout.on("data", (chunk: Buffer) => (told += chunk.toString()));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    started.on("close", (...exit) => resolve(exit)),
  );
  assert.ok(
    code === 0 || signal === "SIGKILL",
    `child ended with ${String(code)} ${String(signal)}`,
  );
  // A line cut short by the kill was not told.
  return { killed: signal === "SIGKILL", hashes: told.split("\n").slice(0, -1) };
}

/** Checks that blocks, receipts, logs, indexes, nonces and storage tell one story. */
async function checkWhole(chain: Chain, acknowledged: ReadonlySet<string>): Promise<void> {
  const { archive } = chain;
  const found = new Set<string>();
  let noteCount = 0;
  for (let number = 0; number <= chain.head.number; number += 1) {
    const block = archive.block(number)!;
    assert.deepEqual(archive.blockByHash(block.hash)?.number, number);
    const transactions = archive.transactionsOf(number);
    assert.equal(transactions.length, block.transactionCount);
    let logCount = 0;
    for (const [index, record] of transactions.entries()) {
      found.add(bytesToHex(record.hash));
      assert.deepEqual(archive.placeOf(record.hash), { blockNumber: number, index });
      assert.equal(record.succeeded, true);
      assert.equal(record.firstLogIndex, logCount);
      logCount += record.logCount;
    }
    const logs = archive.logsAt(number, 0, 1_000);
    assert.equal(logs.length, logCount);
    noteCount += logCount;
  }
  assert.equal(archive.block(chain.head.number + 1), undefined);
  for (const hash of acknowledged) assert.ok(found.has(hash), `${hash} was acknowledged`);
  assert.equal(Number(chain.account(testAddress(1).toString()).nonce), noteCount);
  const query = {
    fromBlock: 0,
    toBlock: chain.head.number,
    addresses: [hexToBytes(NOTEBOOK)],
    topics: [],
  };
  assert.equal([...archive.logs(query)].length, noteCount);
  if (chain.account(testAddress(0).toString()).nonce === 0n) return;
  const word = async (data: Hex): Promise<number> => {
    const outcome = await chain.call({ to: NOTEBOOK, data: hexToBytes(data) });
    assert.equal(outcome.kind, "returned");
    return Number(bytesToBigInt(outcome.data));
  };
  assert.equal(await word(notebookCall("count")), noteCount);
  for (let key = 0; key < noteCount + 3; key += 1)
    assert.equal(await word(notebookCall("notes", key)), key < noteCount ? 100 + key : 0);
}

function defineTests(): void {
  describe("kill -9", function () {
    this.timeout(300_000);
    let folder = "";

    beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "chain-kill-"))));
    afterEach(() => rm(folder, { recursive: true }));

    it("at every write of a few blocks loses nothing that was acknowledged", async () => {
      const acknowledged = new Set<string>();
      let killCount = 0;
      // The first kills fall into genesis and deployment; later ones walk through blocks of notes.
      for (let killAt = 1, isOver = false; !isOver; killAt += 1) {
        const { killed, hashes } = await child(folder, killAt);
        for (const hash of hashes) acknowledged.add(hash);
        if (killed) killCount += 1;
        else isOver = true;
        await using chain = await open(new SqliteStore(folder));
        await checkWhole(chain, acknowledged);
      }
      assert.ok(killCount > 25, `${killCount} kills`);
      assert.ok(acknowledged.size > 3 * NOTES_PER_BLOCK);
    });
  });
}

const [, , mode, folder = "", killAt = "0"] = process.argv;
if (mode === "run-child") await runChild(folder, Number(killAt));
else defineTests();
