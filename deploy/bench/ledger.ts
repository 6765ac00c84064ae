import { createFeeMarket1559Tx } from "@ethereumjs/tx";
import { createAddressFromPrivateKey, createContractAddress, hexToBytes } from "@ethereumjs/util";
import { addr } from "micro-eth-signer";
import { type Chain, openChain } from "../../agent/chain/chain.ts";
import type { ChainReady } from "../../agent/chain/chain-program.ts";
import type { Hex } from "../../agent/component/ledger-service.ts";
import type { World } from "../../agent/core/world.ts";
import { openLedger } from "../../agent/ledger/ledger.ts";
import { type Figure, figure, nowUs } from "./figures.ts";

const CHAIN_ID = 4_242;
const ACCOUNT_COUNT = 20;
const KEYS = Array.from(
  { length: ACCOUNT_COUNT },
  (_, at): Hex => `0x${(at + 1).toString(16).padStart(64, "0")}`,
);
const ADDRESSES = KEYS.map((key) => addr.fromPrivateKey(key) as Hex);
/** Creates a contract whose every call writes its caller's first word of data to that slot: PUSH0 CALLDATALOAD DUP1 SSTORE. */
const WRITER_CODE: Hex = "0x645f358055005f526005601bf3";

function chainOptions(database: string, transactionsPerBlockMax: number) {
  return {
    ...{ chainId: CHAIN_ID, port: 0, database, transactionsPerBlockMax },
    genesis: Object.fromEntries(ADDRESSES.map((address) => [address, String(10n ** 24n)])),
    mining: { kind: "demand", gatherMs: 0 },
  } as const;
}

interface Said {
  readonly nonce: number;
  readonly to?: Hex;
  readonly data?: Hex;
  readonly account?: number;
}

function sign({ common }: Chain, { nonce, to, data, account = 0 }: Said): Uint8Array {
  const transaction = createFeeMarket1559Tx(
    {
      ...{ nonce, gasLimit: 200_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
      ...(to === undefined ? {} : { to }),
      ...(data === undefined ? { value: 1n } : { data }),
    },
    { common },
  );
  return transaction.sign(hexToBytes(KEYS[account] ?? "0x")).serialize();
}

async function sendAll(chain: Chain, raw: readonly Uint8Array[], batch: number): Promise<number> {
  const fromUs = nowUs();
  for (let at = 0; at < raw.length; at += batch) {
    const outcomes = await Promise.all(
      raw.slice(at, at + batch).map((each) => chain.sendRaw(each)),
    );
    for (const outcome of outcomes) if (!outcome.ok) throw new Error(outcome.reason);
  }
  return (raw.length * 1e6) / (nowUs() - fromUs);
}

/** Transactions per second of the chain itself, and through the ledger manager. */
export async function benchLedger(world: World, count: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  const group = `ledger (${count} transactions each)`;
  for (const batch of [1, 100]) {
    process.stderr.write(`ledger: ${batch} per block\n`);
    await using chain = await openChain(world, chainOptions(`per-${batch}`, 100));
    const range = Array.from({ length: count }, (_, at) => at);
    const transfers = range.map((nonce) => sign(chain, { nonce, to: ADDRESSES[1] ?? "0x" }));
    const transfersPerSecond = await sendAll(chain, transfers, batch);
    const name = `${batch} per block`;
    figures.push(figure(group, `transfers, ${name}`, transfersPerSecond, "tx/s"));
    const made = sign(chain, { nonce: 0, data: WRITER_CODE, account: 2 });
    await sendAll(chain, [made], 1);
    const maker = createAddressFromPrivateKey(hexToBytes(KEYS[2] ?? "0x"));
    const to: Hex = createContractAddress(maker, 0n).toString();
    if (chain.code(to).length === 0) throw new Error("the contract was not made");
    const writes = range.map((each) =>
      sign(chain, {
        ...{ nonce: count + each, data: `0x${(each + 1).toString(16).padStart(64, "0")}` },
        to,
      }),
    );
    figures.push(
      figure(group, `storage writes, ${name}`, await sendAll(chain, writes, batch), "tx/s"),
    );
  }
  figures.push(await throughManager(world, count));
  return figures;
}

/** All accounts at once, each its next transfer when the one before is durable, chain in a process of its own. */
async function throughManager(world: World, count: number): Promise<Figure> {
  process.stderr.write("ledger: through the manager\n");
  const options = chainOptions("end-to-end", 1_000);
  const chain = world.spawner.spawn({ program: "chain", name: "one/chain", options });
  const { url } = await new Promise<ChainReady>((resolve) => {
    chain.channel.receive((message) => resolve(message as ChainReady));
  });
  const keys = Object.fromEntries(KEYS.map((key, at) => [`a${at}`, key]));
  const stop = new AbortController();
  const manager = { url: url.replace("http", "ws"), chainId: CHAIN_ID, database: "manager", keys };
  await using ledger = await openLedger(world, manager, stop.signal);
  const each = Math.ceil(count / ACCOUNT_COUNT);
  const fromUs = nowUs();
  await Promise.all(
    Object.keys(keys).map(async (account) => {
      for (let at = 0; at < each; at += 1) {
        const outcome = await ledger.transfer(account, { to: ADDRESSES[0] ?? "0x", valueWei: 1n });
        if (outcome.kind !== "accepted") throw new Error(outcome.errorName);
      }
    }),
  );
  const perSecond = (each * ACCOUNT_COUNT * 1e6) / (nowUs() - fromUs);
  stop.abort();
  chain.stop();
  await chain.exited;
  return figure("ledger, end to end", `transfers, ${ACCOUNT_COUNT} accounts`, perSecond, "tx/s");
}
