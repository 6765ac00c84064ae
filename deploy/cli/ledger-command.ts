import { resolve } from "node:path";
import { PROGRAMS } from "../../agent/main.ts";
import { processWorld } from "../process/process-world.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { listOption, readWords, textOf, wholeOption } from "./words.ts";

const CHAIN_ID = 102_011;
const PORT = 8_545;
const COIN_WEI = 10n ** 18n;

/** `hedgerow ledger`: the embedded chain alone, for any Ethereum tool. */
export const ledgerCommand: Command = {
  summary: "run the embedded ledger: Ethereum JSON-RPC on loopback, blocks in SQLite",
  help: `hedgerow ledger [options]

Serves Ethereum JSON-RPC over HTTP and WebSocket on 127.0.0.1 until Ctrl-C. Blocks are made when
transactions arrive and are on the disk before anybody gets an answer.

  --port N              default 8545; 0 takes a free one
  --data FOLDER         where the database is; default ./ledger-data
  --chain-id N          default 102011
  --fund ADDRESS=COINS  coins of an account in the first block; may be given several times
  --gather-ms N         transactions that arrive within this time share a block; default 5`,
  async run(words, terminal) {
    const { values } = readWords(words, {
      port: { type: "string" },
      data: { type: "string" },
      "chain-id": { type: "string" },
      fund: { type: "string", multiple: true },
      "gather-ms": { type: "string" },
    });
    const options = {
      chainId: wholeOption(values, "chain-id", { min: 1, max: 2 ** 48, fallback: CHAIN_ID }),
      port: wholeOption(values, "port", { min: 0, max: 65_535, fallback: PORT }),
      database: "chain",
      genesis: Object.fromEntries(listOption(values, "fund").map(readFund)),
      mining: {
        kind: "demand",
        gatherMs: wholeOption(values, "gather-ms", { min: 0, max: 60_000, fallback: 5 }),
      },
      transactionsPerBlockMax: 1_000,
    };
    const { world } = processWorld("ledger", {
      ...{ host: "127.0.0.1", broadcastHost: "127.255.255.255", assetsFolder: "." },
      dataFolder: resolve(textOf(values, "data") ?? "ledger-data"),
      ...{ levelMin: "info", logicalUtcUs: undefined },
    });
    const channel = {
      send: (message: unknown) => terminal.out.write(`${JSON.stringify(message)}\n`),
      receive: () => undefined,
    };
    await PROGRAMS["chain"]?.(world, options, channel, terminal.signal);
    return EXIT.ok;
  },
};

function readFund(text: string): readonly [string, string] {
  const [address = "", coins = ""] = text.split("=");
  if (!/^0x[0-9a-fA-F]{40}$/.test(address) || !/^\d{1,12}$/.test(coins))
    throw new UsageError(`--fund takes 0xADDRESS=COINS, such as 0x12…ef=1000, not ${text}`);
  return [address, String(BigInt(coins) * COIN_WEI)];
}
