import { mkdtempSync } from "node:fs";
import { runProcesses } from "./run-processes.ts";

const dataFolder = mkdtempSync("/tmp/hedgerow-");
const t0 = Date.now();
const [first = "40", last = "47", count = "102"] = process.argv.slice(2);
let url = "";
await runProcesses(
  {
    firstInterval: Number(first),
    lastInterval: Number(last),
    prosumerCount: Number(count),
    externalLimitWh: 0,
    internalLimitWh: 0,
    seed: 1,
    forecastErrorPercent: 0,
    speed: undefined,
    kills: [],
  },
  {
    host: "127.0.0.1",
    broadcastHost: "127.255.255.255",
    dataFolder,
    assetsFolder: new URL("../../../actors/transax/", import.meta.url).pathname,
    levelMin: (process.env["LEVEL"] ?? "info") as "info",
  },
  {
    ledgerReady: (u) => {
      url = u;
      console.log(url);
    },
    actorsActive: (n) => {
      if (n % 10 === 0) console.log("active", n, Date.now() - t0);
    },
    advanced: (u) => {
      void fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] }),
      })
        .then((r) => r.json())
        .then((j) =>
          console.log(
            new Date(u / 1000).toISOString(),
            Date.now() - t0,
            (j as { result: string }).result,
          ),
        );
    },
  },
  new AbortController().signal,
);
console.log("done", Date.now() - t0, dataFolder);
