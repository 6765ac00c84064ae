import { mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openSwitchboard } from "../../agent/core/switchboard.ts";
import { Dht } from "../../agent/dht/dht.ts";
import { BoardIdentity } from "../../agent/io/board-identity.ts";
import { NodeRandom } from "../../agent/io/node-random.ts";
import { SystemClock } from "../../agent/io/system-clock.ts";
import { UdpLan } from "../../agent/io/udp-lan.ts";
import { driverOptions, runDriver } from "./driver.ts";

// The driver of our own registry: Kademlia by itself, without membership, as OpenDHT is. So the dead are not told of, and have
// to be found out by both alike.

const UDP_PORT = 4_300;
const KEPT_LOOKS_MAX = 5_000;
const KEPT_PAUSE_MS = 2;

const { address, broadcastAddress, seed, dataFolder } = driverOptions();
mkdirSync(dataFolder, { recursive: true });
const stop = new AbortController();
const port = await openSwitchboard(new UdpLan(broadcastAddress, address), UDP_PORT);
const dht = new Dht(
  {
    ...{ clock: new SystemClock(), random: new NodeRandom(), port },
    identity: new BoardIdentity(`${dataFolder}/board.key`),
  },
  { membersOnly: false, seeds: seed === undefined ? [] : [`${seed}:${UDP_PORT}`] },
);
const running = dht.run(stop.signal);

await runDriver({
  async put(key, value) {
    dht.publish(key, value);
    // Kept when nothing of it is on its way any more.
    for (let look = 0; look < KEPT_LOOKS_MAX; look += 1) {
      const { waitingCount, pendingCount } = dht.inspect().counters;
      if (waitingCount === 0 && pendingCount === 0) return true;
      await sleep(KEPT_PAUSE_MS);
    }
    return false;
  },
  get: async (key) => (await dht.get(key)).map(({ value }) => value),
  listen(key, heard) {
    dht.listen(key, (values) => {
      for (const { value } of values) heard(value);
    });
    // As long as OpenDHT is given.
    return sleep(100);
  },
});
stop.abort();
await running;
await port[Symbol.asyncDispose]();
process.exit();
