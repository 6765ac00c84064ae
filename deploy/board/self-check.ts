import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChainReady } from "../../agent/chain/chain-program.ts";
import type { Hex } from "../../agent/component/ledger-service.ts";
import { openLedger } from "../../agent/ledger/ledger.ts";
import { processWorld } from "../process/process-world.ts";

// node /usr/lib/hedgerow/dist/deploy/board/self-check.js
// Whether what is compiled for this board works on it: SQLite, ZeroMQ, WebAssembly, the EVM. In a folder of its own,
// on loopback; a line of JSON for what was done, or the error.

const CHAIN_ID = 4_242;
/** Nobody's: it is good for coins of a ledger that is gone with this process. */
const KEY: Hex = `0x${"1".padStart(64, "0")}`;
const OWNER: Hex = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf";
const OTHER: Hex = "0x2b5ad5c4795c026514f8317c7a215e218dccd6cf";
const VALUE_WEI = 42n;

const folder = mkdtempSync(join(tmpdir(), "hedgerow-self-check-"));
const stop = new AbortController();
try {
  const { world } = processWorld("self-check", {
    ...{ host: "127.0.0.1", broadcastHost: "127.255.255.255", assetsFolder: folder },
    ...{ dataFolder: folder, levelMin: "warn", logicalUtcUs: undefined },
  });
  await using database = await world.store.open("notes");
  database.transact((writer) => writer.put("notes", Buffer.from("key"), Buffer.from("value")));
  const note = Buffer.from(database.get("notes", Buffer.from("key")) ?? []).toString();
  say({ check: "sqlite", ok: note === "value" });
  say({ check: "doors to other programs", ok: await opensDoor() });
  const chain = world.spawner.spawn({
    ...{ program: "chain", name: "self-check/chain" },
    options: {
      ...{ chainId: CHAIN_ID, port: 0, database: "chain", transactionsPerBlockMax: 10 },
      ...{ genesis: { [OWNER]: String(10n ** 18n) }, mining: { kind: "demand", gatherMs: 0 } },
    },
  });
  const { url } = await new Promise<ChainReady>((resolve, reject) => {
    chain.channel.receive((message) => resolve(message as ChainReady));
    void chain.exited.then(({ reason }) => reject(new Error(`the ledger ended: ${reason}`)));
  });
  const ledger = await openLedger(
    world,
    {
      ...{ url: url.replace("http", "ws"), chainId: CHAIN_ID, database: "outbox" },
      keys: { owner: KEY },
    },
    stop.signal,
  );
  const outcome = await ledger.transfer("owner", { to: OTHER, valueWei: VALUE_WEI });
  say({ check: "signed transaction", ok: outcome.kind === "accepted", outcome });
  await ledger[Symbol.asyncDispose]();
  chain.stop();
  await chain.exited;
} finally {
  stop.abort();
  rmSync(folder, { recursive: true, force: true });
}

/** ZeroMQ's compiled part, and libzmq, which the package only recommends. */
async function opensDoor(): Promise<boolean> {
  try {
    const { Publisher } = await import("zeromq");
    const door = new Publisher();
    await door.bind("tcp://127.0.0.1:*");
    door.close();
    return true;
  } catch (error) {
    process.stderr.write(`${String(error)}\napt-get install libzmq5\n`);
    return false;
  }
}

function say(line: {
  readonly check: string;
  readonly ok: boolean;
  readonly outcome?: unknown;
}): void {
  if (!line.ok) process.exitCode = 1;
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
