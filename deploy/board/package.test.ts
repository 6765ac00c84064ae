// Goal: what is written for machines is what they read: a bill of materials, a table, memory without the emulator's own.
// Method: small texts; the real lock file. Seed: none.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { footprintRows, footprintText } from "./footprint.ts";
import { billOf, packageFacts } from "./package-facts.ts";
import { memoryIn } from "./process-memory.ts";

const SMAPS = `00400000-00500000 r-xp 00000000 00:00 0 /usr/bin/node
Rss:                1000 kB
Pss:                 500 kB
Private_Clean:        10 kB
Private_Dirty:        20 kB
7fc5bd000000-7fc5bd207000 r--p 00000000 00:00 0 /usr/bin/qemu-arm-static
Rss:                 300 kB
Pss:                 300 kB
Private_Clean:       300 kB
Private_Dirty:         0 kB
`;

describe("figures of the package", () => {
  it("count the program's memory, and not its emulator's", () => {
    const kib = 1_024;
    assert.deepEqual(memoryIn(SMAPS, true), {
      ...{ resident: 1_000 * kib, private: 30 * kib, proportional: 500 * kib },
    });
    assert.equal(memoryIn(SMAPS, false).private, 330 * kib);
  });

  it("stand in a table, with a dash for what was not measured", () => {
    const text = footprintText(footprintRows({ armhf: { package: 3.25 }, amd64: {} }));
    const [head = "", first = ""] = text.split("\n");
    assert.match(head, /armhf +amd64$/);
    assert.match(first, /^package +3\.3 +- +MB$/);
  });
});

describe("the bill of materials", () => {
  const folder = dirname(createRequire(import.meta.url).resolve("better-sqlite3/package.json"));

  it("names each package with its version, licence and checksum, and is the same each time", async () => {
    const packages = await packageFacts([folder]);
    const bill = billOf({ version: "1.2.3", packages, epochS: 0 });
    assert.equal(bill, billOf({ version: "1.2.3", packages, epochS: 0 }));
    const { bomFormat, components, serialNumber, metadata } = JSON.parse(bill) as {
      readonly bomFormat: string;
      readonly serialNumber: string;
      readonly metadata: { readonly timestamp: string };
      readonly components: readonly Record<string, unknown>[];
    };
    assert.equal(bomFormat, "CycloneDX");
    assert.match(
      serialNumber,
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.equal(metadata.timestamp, "1970-01-01T00:00:00.000Z");
    const [first] = components;
    assert.match(String(first?.["purl"]), /^pkg:npm\/better-sqlite3@\d/);
    assert.deepEqual(first?.["licenses"], [{ expression: "MIT" }]);
    assert.match(JSON.stringify(first), /"SHA-512","content":"[0-9a-f]{128}"/);
  });
});
