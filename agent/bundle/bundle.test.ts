// Goal: a bundle that is not just what a trusted key signed, for this board and newer than what it has, is refused.
// Method: bundles sealed with real Ed25519 keys, altered byte by byte; the rule of admission case by case.
// Seed: of fast-check, printed on failure.
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { hexOf } from "../core/hex.ts";
import { hasCode } from "../core/store.contract.ts";
import { BoardIdentity } from "../io/board-identity.ts";
import { inFolder } from "../io/temporary-folder.contract.ts";
import { admit, type BoardFacts } from "./admission-rule.ts";
import { bundledFile, decodeBundle, encodeBundle } from "./bundle-file.ts";
import { canonicalText, readCanonical } from "./canonical.ts";
import { CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, cutChunks, hashOf } from "./chunks.ts";
import { openManifest, sealManifest } from "./envelope.ts";
import { type Manifest, manifestText, readManifest } from "./manifest.ts";
import { REFUSALS, type Refusal } from "./refusals.ts";
import { NO_TRUST, ROLES, readTrust, suffices, type Trust } from "./trust.ts";
import { compareVersions, isVersion } from "./version.ts";

const chunks = new Map<string, Uint8Array>();
const text = (line: string): Uint8Array => new TextEncoder().encode(line);
const manifest: Manifest = {
  ...{ format: 1, app: "Hello", version: "1.2.0", sequence: 7, createdAtMs: 1_800_000_000_000 },
  ...{ hedgerowVersionMin: "0.1.0", architectures: ["arm", "x64"], boards: ["north"] },
  ...{ model: "hello.riaps", deployment: "hello.depl", code: "application.js" },
  ready: { deadlineMs: 30_000, settleMs: 3_000 },
  files: ["hello.riaps", "hello.depl", "application.js"].map((path) =>
    bundledFile(path, text(`content of ${path}`), chunks),
  ),
};

/** Pseudo-random bytes of a seed. */
function noise(byteCount: number, seed: number): Uint8Array {
  let state = seed >>> 0 || 1;
  return Uint8Array.from({ length: byteCount }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}

describe("bundle", function () {
  this.timeout(60_000);
  const withKey = (body: (key: BoardIdentity) => void): Promise<void> =>
    inFolder((folder) => {
      body(new BoardIdentity(join(folder, "key")));
      return Promise.resolve();
    });

  it("a manifest with any byte flipped, at any position, is refused", () =>
    withKey((key) => {
      const sealed = sealManifest(manifest, key);
      const opened = openManifest(sealed, key.verify.bind(key));
      assert(typeof opened === "object");
      assert.deepEqual(opened.manifest, manifest);
      for (let place = 0; place < sealed.byteLength; place += 1)
        for (const flip of [0x01, 0x80, 0xff]) {
          const altered = sealed.slice();
          altered[place] = (altered[place] ?? 0) ^ flip;
          const told = openManifest(altered, key.verify.bind(key));
          assert.equal(told, place < 4 ? "BUNDLE_UNREADABLE" : "BUNDLE_ALTERED", `byte ${place}`);
        }
      for (const length of [0, 3, 99, 100, sealed.byteLength - 1])
        assert(typeof openManifest(sealed.slice(0, length), key.verify.bind(key)) === "string");
    }));

  it("a file with a byte flipped anywhere, cut short, or with something behind it, is refused", () =>
    withKey((key) => {
      const file = encodeBundle(manifest, chunks, key);
      const verify = key.verify.bind(key);
      const read = decodeBundle(file, verify);
      assert(typeof read === "object");
      assert.deepEqual([...read.chunks.keys()], [...chunks.keys()]);
      for (let place = 0; place < file.byteLength; place += 1) {
        const altered = file.slice();
        altered[place] = (altered[place] ?? 0) ^ 0x10;
        assert(typeof decodeBundle(altered, verify) === "string", `byte ${place}`);
      }
      for (const length of [0, 4, 8, 200, file.byteLength - 1])
        assert(typeof decodeBundle(file.slice(0, length), verify) === "string");
      assert.equal(decodeBundle(Uint8Array.from([...file, 0]), verify), "BUNDLE_ALTERED");
      const unsigned = Uint8Array.from([...file.slice(0, 4), 0, 0, 0, 0, ...file.slice(8)]);
      assert.equal(decodeBundle(unsigned, verify), "BUNDLE_UNSIGNED");
    }));

  it("a manifest has one form, and no place outside of its folder", () => {
    assert.deepEqual(readManifest(manifestText(manifest)), manifest);
    const wrong: Partial<Record<keyof Manifest, unknown>>[] = [
      { app: "a/b" },
      { app: "" },
      { version: "1.2" },
      { sequence: -1 },
      { sequence: 1.5 },
      { format: 2 },
      { model: "other.riaps" },
      { code: "none.js" },
      { architectures: ["a b"] },
      { ready: { deadlineMs: -1, settleMs: 0 } },
      { ready: { deadlineMs: 1, settleMs: 0, more: 1 } },
      { files: [...manifest.files, manifest.files[0]] },
      { files: [...manifest.files, { path: "../up", sizeBytes: 0, chunks: [] }] },
      { files: [...manifest.files, { path: "hello.depl/x", sizeBytes: 0, chunks: [] }] },
      { files: [...manifest.files, { path: "x", sizeBytes: 1, chunks: [] }] },
      {
        files: [
          ...manifest.files,
          { path: "x", sizeBytes: 0, chunks: [{ hash: "0", sizeBytes: 0 }] },
        ],
      },
    ];
    for (const change of wrong) {
      const told = { ...manifest, ...change } as never;
      const written = JSON.stringify(change).includes("1.5")
        ? manifestText(manifest).replace('"sequence":7', '"sequence":1.5')
        : canonicalText(told);
      assert.equal(readManifest(written), undefined, JSON.stringify(change));
    }
    assert.equal(readManifest(canonicalText({ ...manifest, more: 1 } as never)), undefined);
    assert.equal(readManifest(` ${manifestText(manifest)}`), undefined);
    assert.equal(readManifest("[]"), undefined);
  });

  it("canonical text is read back as it was, and is the same in whatever order names come", () => {
    const value = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { depthSize: "small" },
        fc.oneof(fc.maxSafeInteger(), fc.string(), fc.boolean(), fc.constant(null)),
        fc.array(tie("any")),
        fc.dictionary(
          fc.string().filter((name) => name !== "__proto__"),
          tie("any"),
          { noNullPrototype: true },
        ),
      ),
    })).any;
    fc.assert(
      fc.property(value, (each) => {
        // -0 has the text of 0.
        const told = JSON.parse(JSON.stringify(each)) as never;
        assert.deepEqual(readCanonical(canonicalText(told)), told);
      }),
    );
    assert.equal(canonicalText({ b: 1, a: [true, null] }), '{"a":[true,null],"b":1}');
    assert.equal(readCanonical('{"b":1,"a":2}'), undefined);
    assert.equal(readCanonical('{"a":1,"a":1}'), undefined);
  });

  it("is refused when unknown, without the role, for others, too old: and each reason has its code", () =>
    withKey((key) => {
      const signed = openManifest(sealManifest(manifest, key), key.verify.bind(key));
      assert(typeof signed === "object");
      const trust = (role: (typeof ROLES)[number]): Trust => ({
        format: 1,
        keys: [{ key: hexOf(key.publicKey), role, name: "somebody" }],
      });
      const facts: BoardFacts = {
        ...{ board: "north", architecture: "arm", hedgerowVersion: "0.1.0" },
        trust: trust("operator"),
      };
      const none = { version: undefined, sequenceMax: -1 };
      const told = (
        more: Partial<BoardFacts>,
        installed = none,
        down = false,
      ): Refusal | undefined => admit(signed, { ...facts, ...more }, installed, down);
      assert.equal(told({}), undefined);
      assert.equal(told({ trust: trust("admin") }), undefined);
      assert.equal(told({ trust: NO_TRUST }), "BUNDLE_KEY_UNKNOWN");
      assert.equal(told({ trust: trust("viewer") }), "BUNDLE_KEY_ROLE");
      assert.equal(told({ architecture: "arm64" }), "BUNDLE_ARCHITECTURE");
      assert.equal(told({ board: "south" }), "BUNDLE_BOARD");
      assert.equal(told({ hedgerowVersion: "0.0.9" }), "BUNDLE_AGENT_OLD");
      assert.equal(told({}, { version: "1.1.0", sequenceMax: 6 } as never), undefined);
      for (const installed of [
        { version: "1.2.0", sequenceMax: 7 },
        { version: "1.1.0", sequenceMax: 8 },
        { version: "1.3.0", sequenceMax: 1 },
      ] as never[]) {
        assert.equal(told({}, installed), "BUNDLE_TOO_OLD");
        assert.equal(told({}, installed, true), undefined);
      }
      for (const sentence of Object.values(REFUSALS)) assert.match(sentence, /^[a-z].+[^.]$/);
    }));
});

describe("trust file", () => {
  const key = "ab".repeat(32);
  it("names keys and their roles", () => {
    const trust = readTrust(
      JSON.stringify({ format: 1, keys: [{ key, role: "admin", name: "Anna" }] }),
    );
    assert.deepEqual(trust.keys, [{ key, role: "admin", name: "Anna" }]);
    assert.deepEqual(
      ROLES.map((role) => ROLES.filter((needed) => suffices(role, needed)).length),
      [1, 2, 3],
    );
  });

  it("is refused whole when any of it is wrong", () => {
    const one = { key, role: "admin", name: "Anna" };
    const wrong: unknown[] = [
      [],
      { format: 2, keys: [] },
      { format: 1 },
      { format: 1, keys: [{ ...one, key: "AB".repeat(32) }] },
      { format: 1, keys: [{ ...one, role: "root" }] },
      { format: 1, keys: [{ ...one, name: 3 }] },
      { format: 1, keys: [one, one] },
    ];
    for (const each of wrong)
      assert.throws(() => readTrust(JSON.stringify(each)), hasCode("TRUST_UNREADABLE"));
    assert.throws(() => readTrust("{"), hasCode("TRUST_UNREADABLE"));
  });
});

describe("chunks", () => {
  it("are all of the bytes, in bounds, and cut where the content says", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 600_000 }), fc.integer(), (byteCount, seed) => {
        const bytes = noise(byteCount, seed);
        const cut = cutChunks(bytes);
        assert.equal(hashOf(Uint8Array.from(Buffer.concat(cut))), hashOf(bytes));
        for (const [index, chunk] of cut.entries()) {
          assert(chunk.byteLength <= CHUNK_BYTES_MAX);
          assert(chunk.byteLength > CHUNK_BYTES_MIN || index === cut.length - 1);
        }
      }),
      { numRuns: 12 },
    );
  });

  it("what is put in touches few of them", () => {
    const bytes = noise(2_000_000, 5);
    const changed = Buffer.concat([
      bytes.subarray(0, 700_000),
      text("put in"),
      bytes.subarray(700_000),
    ]);
    const before = new Set(cutChunks(bytes).map(hashOf));
    const after = cutChunks(changed).map(hashOf);
    assert(before.size >= 15, `${before.size} chunks`);
    const fresh = after.filter((hash) => !before.has(hash));
    assert(fresh.length >= 1 && fresh.length <= 2, `${fresh.length} of ${after.length}`);
  });
});

describe("versions", () => {
  it("are ordered as semantic versions", () => {
    const order = [
      "0.9.9",
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0",
      "1.0.1",
      "1.10.0",
      "2.0.0",
    ];
    for (const [index, one] of order.entries())
      for (const [place, other] of order.entries())
        assert.equal(
          Math.sign(compareVersions(one, other)),
          Math.sign(index - place),
          `${one} ${other}`,
        );
    for (const bad of [
      "1",
      "1.0",
      "v1.0.0",
      "1.0.0+build",
      "1.0.0-",
      "1.0.0-a..b",
      `1.0.0-${"a".repeat(60)}`,
    ])
      assert(!isVersion(bad), bad);
  });
});
