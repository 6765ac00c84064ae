// Goal: two boards find each other and connect a pub/sub pair in under two seconds, whichever comes first.
// Method: two real agents in processes of their own: on loopback, and in two network namespaces whose
// cables end in a bridge in a third, so that no packet reaches another network. Time is the machine's monotonic clock, read by the boards.
// Seed: none.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measurePair, type Place } from "./pair.ts";

const PROMISED_MS_MAX = 2_000;

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}

/** Why namespaces cannot be made here; undefined when they can. */
function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root: sudo npx mocha dist/deploy/netns";
  try {
    ip("netns", "add", `hg${process.pid}x`);
    ip("netns", "delete", `hg${process.pid}x`);
    return undefined;
  } catch (error) {
    return `needs iproute2 and network namespaces: apt-get install iproute2 (${String(error)})`;
  }
}

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

describe("two boards in network namespaces", function () {
  this.timeout(60_000);
  const names = { a: `hg${process.pid}a`, b: `hg${process.pid}b` } as const;
  const bridge = `hg${process.pid}s`;
  const place = (board: "a" | "b", host: string): Place => ({
    ...{ board, host, namespace: names[board], broadcastHost: "10.77.0.255" },
  });
  const a = place("a", "10.77.0.1");
  const b = place("b", "10.77.0.2");

  before(function () {
    const why = obstacle();
    if (why !== undefined) {
      process.stderr.write(`two-boards: skipped, ${why}\n`);
      this.skip();
    }
    for (const name of [...Object.values(names), bridge]) ip("netns", "add", name);
    ip("-n", bridge, "link", "add", "bridge", "type", "bridge");
    ip("-n", bridge, "link", "set", "bridge", "up");
    for (const { board, namespace = "", host } of [a, b]) {
      // Both ends are born inside: the machine's own network never sees a cable.
      ip(
        ...["link", "add", `to-${board}`, "netns", bridge, "type", "veth"],
        ...["peer", "name", "cable", "netns", namespace],
      );
      ip("-n", bridge, "link", "set", `to-${board}`, "master", "bridge", "up");
      const address = ["address", "add", `${host}/24`, "broadcast", "10.77.0.255"];
      ip("-n", namespace, ...address, "dev", "cable");
      ip("-n", namespace, "link", "set", "lo", "up");
      ip("-n", namespace, "link", "set", "cable", "up");
    }
  });

  after(() => {
    for (const name of [...Object.values(names), bridge]) {
      try {
        ip("netns", "delete", name);
      } catch {
        // It was never made.
      }
    }
  });

  inBothOrders(a, b, 15_670);
});
