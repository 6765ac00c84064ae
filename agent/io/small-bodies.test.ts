// Goal: LAN, random, assets, log and activity do what their interfaces say.
// Method: contracts over loopback; files in a temporary folder; a log into memory.
// Seed: none.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { filesContract } from "../core/files.contract.ts";
import { lanContract } from "../core/lan.contract.ts";
import { DATAGRAM_BYTES_MAX } from "../core/lan.ts";
import { randomContract } from "../core/random.contract.ts";
import { eventually, never } from "../core/run-in-world.contract.ts";
import { treeContract } from "../core/tree.contract.ts";
import { CountedActivity } from "./counted-activity.ts";
import { DiskFiles } from "./disk-files.ts";
import { DiskTree } from "./disk-tree.ts";
import { FileAssets } from "./file-assets.ts";
import { LineLog } from "./line-log.ts";
import { NodeRandom } from "./node-random.ts";
import { SteppedClock } from "./stepped-clock.ts";
import { SystemClock } from "./system-clock.ts";
import { inFolder } from "./temporary-folder.contract.ts";
import { UdpLan } from "./udp-lan.ts";

const udpPort = 20_000 + (process.pid % 20_000);
lanContract("udp on loopback", udpPort, (body) => body({ lan: new UdpLan("127.255.255.255") }));
filesContract("disk", (body) => inFolder((folder) => body({ files: new DiskFiles(folder) })));
treeContract("disk", (body) =>
  inFolder((folder) => body({ tree: new DiskTree(join(folder, "tree")) })),
);
randomContract("node", (body) => body({ random: new NodeRandom() }));

describe("udp lan", function () {
  this.timeout(30_000);
  it("drops and counts datagrams that are too large", async () => {
    await using socket = await new UdpLan("127.255.255.255").open(udpPort);
    const stranger = createSocket("udp4");
    await new Promise<void>((resolve) => stranger.bind(0, resolve));
    stranger.setBroadcast(true);
    for (const size of [DATAGRAM_BYTES_MAX + 1, 3])
      await new Promise<void>((resolve) =>
        stranger.send(new Uint8Array(size), udpPort, "127.255.255.255", () => resolve()),
      );
    stranger.close();
    for await (const { payload, fromHost } of socket.received(never)) {
      assert.equal(payload.byteLength, 3);
      assert.match(fromHost, /^127\./);
      break;
    }
    assert.equal(socket.droppedCount, 1);
  });
});

describe("file assets", function () {
  this.timeout(30_000);
  it("reads files of the folder and nothing else", () =>
    inFolder(async (folder) => {
      const app = join(folder, "app");
      await mkdir(join(app, "sub"), { recursive: true });
      await writeFile(join(app, "sub", "model.txt"), "ä");
      await writeFile(join(folder, "secret.txt"), "s");
      await symlink(join(folder, "secret.txt"), join(app, "link.txt"));
      const assets = new FileAssets(app);
      assert.equal(await assets.text("sub/model.txt"), "ä");
      assert.equal(await assets.text("sub/../sub/model.txt"), "ä");
      for (const path of [
        "missing",
        "../secret.txt",
        join(folder, "secret.txt"),
        "link.txt",
        "sub",
        "",
        "a\0b",
      ])
        await assert.rejects(assets.text(path), { code: "ASSET_MISSING" }, path);
    }));
});

describe("line log", function () {
  this.timeout(30_000);
  it("writes one line of JSON for each event that matters enough", () => {
    const stream = new PassThrough();
    const log = new LineLog({
      name: "a/b",
      stream,
      levelMin: "warn",
      clock: new SteppedClock(1e15),
    });
    log.write("info", "unimportant", {});
    log.write("warn", "slow", { spanMs: 3, text: "two\nlines" });
    assert.deepEqual(JSON.parse((stream.read() as Buffer).toString()), {
      utc: "2001-09-09T01:46:40.000Z",
      level: "warn",
      name: "a/b",
      event: "slow",
      facts: { spanMs: 3, text: "two\nlines" },
    });
  });

  it("drops and counts lines when nobody reads them", () => {
    const stream = new PassThrough();
    const log = new LineLog({ name: "a", stream, clock: new SystemClock() });
    for (let count = 0; count < 30; count += 1)
      log.write("error", "long", { text: "x".repeat(100_000) });
    assert(log.droppedCount > 0 && log.droppedCount < 30);
  });
});

describe("counted activity", function () {
  this.timeout(30_000);
  it("counts, and tells every change at once", async () => {
    let changeCount = 0;
    const activity = new CountedActivity(() => {
      changeCount += 1;
    });
    activity.begin();
    activity.begin();
    activity.end();
    activity.sent(3);
    activity.received(2);
    activity.reached("chain", 7);
    assert.equal(changeCount, 6);
    const { busyCount, sentCount, receivedCount, positions } = activity;
    assert.deepEqual([busyCount, sentCount, receivedCount, positions.get("chain")], [1, 3, 2, 7]);
    await eventually(new SystemClock(), () => true);
  });
});
