// Goal: a board's keys are made once, for its owner alone; who is trusted is read while it runs, holds in both
// directions, and nobody else is dialled or let in.
// Method: files in a temporary folder; two real Wires on loopback, a publisher and a subscriber. Seed: none.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { World } from "../../agent/core/world.ts";
import { makeCurveKeys } from "../../agent/io/curve-keys.ts";
import { makeWorld } from "../../agent/io/real-world.ts";
import { type CurveFiles, curveKeysAt, wireKeys } from "./curve-files.ts";

describe("keys in files", () => {
  const folder = mkdtempSync(join(tmpdir(), "curve-files-"));
  after(() => rmSync(folder, { recursive: true }));

  it("are made once, and for their owner alone", () => {
    const path = join(folder, "fresh/curve.key");
    const made = curveKeysAt(path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(curveKeysAt(path), made);
    assert.match(readFileSync(path, "utf8"), /^# /);
  });

  it("are refused when others may read them", () => {
    const path = join(folder, "open.key");
    curveKeysAt(path);
    chmodSync(path, 0o640);
    assert.throws(() => curveKeysAt(path), /chmod 600/);
  });

  it("are refused when the file holds something else", () => {
    const path = join(folder, "else.key");
    writeFileSync(path, "public short\n", { mode: 0o600 });
    assert.throws(() => curveKeysAt(path), /does not hold two keys/);
  });

  it("trust whom the file names, as it is now, and themselves", () => {
    const own = makeCurveKeys();
    const other = makeCurveKeys().publicKey;
    const trustedPath = join(folder, "list");
    const { allow } = wireKeys({ ...own, trustedPath });
    assert.ok(allow !== undefined);
    assert.equal(allow(own.publicKey), true);
    assert.equal(allow(other), false, "no file, nobody");
    writeFileSync(trustedPath, `# boards\n\n  ${other} north\n`);
    assert.equal(allow(other), true);
    writeFileSync(trustedPath, `# ${other} was north, and is not any more\n`);
    assert.equal(allow(other), false);
  });

  it("without a file of trusted ones trust whoever knows the public one", () => {
    assert.equal(wireKeys(makeCurveKeys()).allow, undefined);
  });
});

describe("a wire with a list of who is trusted", () => {
  const folder = mkdtempSync(join(tmpdir(), "curve-wires-"));
  after(() => rmSync(folder, { recursive: true }));

  const world = (name: string, keys: CurveFiles, asked?: () => void): World => {
    const { allow, ...pair } = wireKeys(keys);
    const counted = (key: string): boolean => {
      asked?.();
      return allow?.(key) ?? true;
    };
    return makeWorld({
      ...{ name, host: "127.0.0.1", broadcastHost: "127.255.255.255", levelMin: "warn" },
      ...{ dataFolder: join(folder, name), assetsFolder: folder },
      spawner: { mainModule: new URL(import.meta.url), threadModule: new URL(import.meta.url) },
      curve: { ...pair, allow: counted },
    });
  };

  it("does not listen to a stranger, and does as soon as he is one no more", async () => {
    const publisherKeys = makeCurveKeys();
    const trustedPath = join(folder, "trusted");
    let askedCount = 0;
    let wake = (): void => undefined;
    const subscriberWorld = world("ears", { ...makeCurveKeys(), trustedPath }, () => {
      askedCount += 1;
      wake();
    });
    const mouth = world("mouth", publisherKeys);
    await using outlet = await mouth.wire.publisher();
    const heard: string[] = [];
    await using inlet = subscriberWorld.wire.subscriber((frame) => {
      heard.push(Buffer.from(frame).toString());
      wake();
    });
    inlet.connect(outlet.endpoint);
    // Asked about the same stranger several times: nothing was dialled in between.
    while (askedCount < 3) await new Promise<void>((resolve) => (wake = resolve));
    outlet.offer(Buffer.from("secret"));
    assert.deepEqual(heard, []);
    writeFileSync(trustedPath, `${publisherKeys.publicKey}\n`);
    while (heard.length === 0) {
      outlet.offer(Buffer.from("now"));
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, 10);
      });
    }
    assert.ok(heard.every((text) => text === "now"));
  });
});
