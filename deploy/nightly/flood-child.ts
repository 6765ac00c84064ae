import { createSocket } from "node:dgram";
import { join } from "node:path";
import { openSwitchboard } from "../../agent/core/switchboard.ts";
import { DHT_TAG } from "../../agent/dht/dht.ts";
import { Discovery } from "../../agent/discovery/discovery.ts";
import { BoardIdentity } from "../../agent/io/board-identity.ts";
import { MEMBERSHIP_TAG } from "../../agent/membership/membership.ts";
import { encodePacket } from "../../agent/membership/packet.ts";
import { SeededRandom } from "../../agent/sim/seeded-random.ts";
import { benchWorld } from "../bench/bench-world.ts";

// The main module of the flood's processes: `agent HOST PORT FOLDER`, a board's discovery on that address
// of the loopback; `flooder TARGETS BYTES_PER_SECOND FOLDER`, which sends garbage.

/** What an agent of the flood reports. */
export interface AgentReport {
  readonly lostBoards: readonly string[];
  readonly cpuUs: number;
  readonly receivedCount: number;
  readonly counters: Readonly<Record<string, number>>;
}

/** One cluster for agents and flooder: a stranger's packets would be refused at sight. */
const CLUSTER = "flood";
const FLOODER_HOST = "127.0.0.9";
const SYBIL_COUNT = 20;
const PAYLOAD_COUNT = 2_000;
/** The flooder wakes so often, in ms. */
const BATCH_MS = 2;
/** UDP, IPv4 and Ethernet with its gap. */
const OVERHEAD_BYTES = 66;

const [, , role, first = "", second = "", folder = ""] = process.argv;
if (role === "agent") await agent(first, Number(second));
else flooder(first.split(","), Number(second));

async function agent(host: string, beaconUdpPort: number): Promise<void> {
  const world = benchWorld(`agent-${host}`, {
    ...{ host, broadcastHost: "127.255.255.255", dataFolder: join(folder, host) },
    reportTo: "parent",
  });
  const switchboard = await openSwitchboard(world.lan);
  const lostBoards: string[] = [];
  const discovery = new Discovery(
    world,
    { boardId: host, cluster: CLUSTER, beaconUdpPort, switchboard },
    (event) => {
      if (event.kind === "gone") lostBoards.push(event.boardId);
    },
  );
  discovery.registry.provide("p", { key: "k", endpoint: `at ${host}` });
  discovery.registry.require("k", (endpoints) => process.send?.({ knows: endpoints }));
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    const { receivedCount } = switchboard.counters;
    const counters = { ...discovery.counters };
    const report: AgentReport = { lostBoards, cpuUs: user + system, receivedCount, counters };
    process.send?.({ report });
  });
  process.on("disconnect", () => process.exit());
  process.send?.({ address: switchboard.address });
  await discovery.run(new AbortController().signal);
}

function flooder(targets: readonly string[], bytesPerSecond: number): void {
  const payloads = garbage(new SeededRandom("flood"));
  const goals = targets.map((target) => {
    const [host = "", port = ""] = target.split(":");
    return { host, port: Number(port) };
  });
  const socket = createSocket("udp4");
  let [number, sentBytes, sentCount] = [0, 0, 0];
  const startMs = performance.now();
  const batch = (): void => {
    const dueBytes = ((performance.now() - startMs) / 1_000) * bytesPerSecond;
    // Who could not keep up does not catch up: a cable carries no more later.
    sentBytes = Math.max(sentBytes, dueBytes - bytesPerSecond / 50);
    while (sentBytes < dueBytes) {
      const payload = payloads[number % payloads.length] ?? new Uint8Array();
      const goal = goals[number % goals.length];
      number += 1;
      socket.send(payload, goal?.port, goal?.host, () => undefined);
      sentBytes += payload.byteLength + OVERHEAD_BYTES;
      sentCount += 1;
    }
    setTimeout(batch, BATCH_MS);
  };
  socket.on("error", () => undefined);
  socket.bind(0, FLOODER_HOST, batch);
  process.on("message", () => process.send?.({ sentCount }));
  process.on("disconnect", () => process.exit());
}

/** Chance, wrong versions, too much, and packets of many identities, again and again. */
function garbage(random: SeededRandom): Uint8Array[] {
  const upTo = (max: number): number => Math.floor(random.next() * (max + 1));
  const sybils = Array.from(
    { length: SYBIL_COUNT },
    (_, index) => new BoardIdentity(join(folder, `sybil${index}.pem`)),
  );
  return Array.from({ length: PAYLOAD_COUNT }, (_, number) => {
    const tag = new TextEncoder().encode(number % 3 === 0 ? DHT_TAG : MEMBERSHIP_TAG);
    const lot = upTo(4);
    let body = random.bytes(60 + upTo(900));
    if (lot >= 2) {
      const identity = sybils[number % SYBIL_COUNT] ?? new BoardIdentity(join(folder, "sybil.pem"));
      body = encodePacket(
        {
          ...{ kind: "ping", boardId: `sybil${number % SYBIL_COUNT}`, incarnation: 1 },
          ...{ publicKey: identity.publicKey, sequence: number, wants: false, nonce: 1, root: 1 },
          ...{ target: "", buckets: [], updates: [] },
        },
        CLUSTER,
        identity,
      );
      if (lot === 2) body[0] = 9;
      if (lot === 3) body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
    } else if (lot === 1) body = random.bytes(1_400 + upTo(4_000));
    return Uint8Array.from([...tag, ...body]);
  });
}
