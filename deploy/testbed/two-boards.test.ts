// Goal: two boards find each other and connect a pub/sub pair in under two seconds, whichever comes first.
// Method: two real agents in processes of their own: on loopback, and on two hosts of a testbed. Time is the machine's
// monotonic clock, read by the boards.
// Seed: none.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measurePair, type Place } from "./pair.ts";
import { Testbed } from "./testbed.ts";
import { testbedObstacle } from "./tools.ts";

const PROMISED_MS_MAX = 2_000;

async function assertPair(places: readonly [Place, Place], udpPort: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "two-boards-"));
  try {
    const { joinedMs, pairedMs } = await measurePair(places, folder, udpPort);
    assert(joinedMs < PROMISED_MS_MAX, `the boards met after ${joinedMs} ms`);
    assert(pairedMs < PROMISED_MS_MAX, `the ports were connected after ${pairedMs} ms`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function inBothOrders(a: Place, b: Place, udpPort: number): void {
  it("the publisher's board starts first", () => assertPair([a, b], udpPort));
  it("the subscriber's board starts first", () => assertPair([b, a], udpPort + 1));
}

describe("two boards on loopback", function () {
  this.timeout(60_000);
  const loopback = {
    namespace: undefined,
    host: "127.0.0.1",
    broadcastHost: "127.255.255.255",
  } as const;
  const udpPort = 20_000 + (process.pid % 10_000) * 2;
  inBothOrders({ board: "a", ...loopback }, { board: "b", ...loopback }, udpPort);
});

const why = testbedObstacle();
(why === undefined ? describe : describe.skip)(
  `two boards in network namespaces${why === undefined ? "" : ` (${why})`}`,
  function () {
    this.timeout(60_000);
    let testbed: Testbed;
    before(async () => {
      testbed = await Testbed.make({ hostCount: 2 });
    });
    after(() => testbed[Symbol.asyncDispose]());

    function place(board: "a" | "b", index: 0 | 1): Place {
      const { namespace, address, broadcastAddress } = testbed.hosts[index] ?? assert.fail();
      return { board, namespace, host: address, broadcastHost: broadcastAddress };
    }
    it("the publisher's board starts first", () =>
      assertPair([place("a", 0), place("b", 1)], 15_670));
    it("the subscriber's board starts first", () =>
      assertPair([place("b", 1), place("a", 0)], 15_671));
  },
);
