// Goal: the table of boards, the registry and the codecs do what they promise, whatever the network brings.
// Method: examples and properties on the pure parts; the registry against a naive model.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { Packr } from "msgpackr";
import { type Beacon, decodeBeacon, encodeBeacon } from "./beacon-wire.ts";
import { BOARDS_MAX, type BoardEvent, BoardTable } from "./board-table.ts";
import {
  decodeInventory,
  encodeInventory,
  INVENTORY_REQUEST,
  isInventoryRequest,
} from "./exchange.ts";
import { type Provider, Registry } from "./registry.ts";

const EXPIRY_MS = 3500;

function beacon(change: Partial<Beacon> = {}): Beacon {
  return {
    ...{ cluster: "c", boardId: "b", incarnation: "1", endpoint: "e", version: 1, leaving: false },
    ...change,
  };
}

function table(): BoardTable {
  return new BoardTable({ boardId: "own", cluster: "c" }, EXPIRY_MS);
}

const kinds = (events: readonly BoardEvent[]): string[] =>
  events.map(
    (event) => `${event.kind} ${event.boardId}${event.kind === "gone" ? ` ${event.why}` : ""}`,
  );

describe("board table", () => {
  it("tells a newcomer once, and every newer version", () => {
    const boards = table();
    assert.deepEqual(kinds(boards.heard(beacon(), 0)), ["joined b", "changed b"]);
    assert.deepEqual(boards.heard(beacon(), 1), []);
    assert.deepEqual(kinds(boards.heard(beacon({ version: 3 }), 2)), ["changed b"]);
    assert.deepEqual(boards.heard(beacon({ version: 2 }), 3), []);
    assert.deepEqual(boards.heard(beacon({ version: 3 }), 4), []);
  });

  it("our own echo, other clusters and noise change nothing", () => {
    const boards = table();
    assert.deepEqual(boards.heard(undefined, 0), []);
    assert.deepEqual(boards.heard(beacon({ boardId: "own" }), 0), []);
    assert.deepEqual(boards.heard(beacon({ cluster: "other" }), 0), []);
    assert.equal(boards.incarnationOf("b"), undefined);
  });

  it("silence is loss after the expiry, never sooner, whatever came before", () => {
    const times = fc.array(fc.integer({ min: 0, max: EXPIRY_MS - 1 }), { minLength: 1 });
    fc.assert(
      fc.property(times, (gapsMs) => {
        const boards = table();
        let nowMs = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          assert.deepEqual(boards.expire(nowMs), []);
          boards.heard(beacon(), nowMs);
        }
        assert.deepEqual(boards.expire(nowMs + EXPIRY_MS - 1), []);
        assert.deepEqual(kinds(boards.expire(nowMs + EXPIRY_MS)), ["gone b lost"]);
        assert.deepEqual(boards.expire(nowMs + 9 * EXPIRY_MS), []);
        assert.deepEqual(kinds(boards.heard(beacon(), nowMs)), ["joined b", "changed b"]);
      }),
    );
  });

  it("a new incarnation replaces the old one; the old one's late goodbye is not heard", () => {
    const boards = table();
    boards.heard(beacon({ version: 9 }), 0);
    const events = boards.heard(beacon({ incarnation: "2", endpoint: "new" }), 1);
    assert.deepEqual(kinds(events), ["gone b replaced", "joined b", "changed b"]);
    assert.deepEqual(events.at(-1), { kind: "changed", boardId: "b", endpoint: "new" });
    assert.deepEqual(boards.heard(beacon({ leaving: true }), 2), []);
    assert.equal(boards.incarnationOf("b"), "2");
    const goodbye = beacon({ incarnation: "2", leaving: true });
    assert.deepEqual(kinds(boards.heard(goodbye, 3)), ["gone b left"]);
    assert.deepEqual(boards.heard(goodbye, 4), []);
  });

  it("a beacon that was overtaken by a goodbye, or by the next incarnation, brings nobody back", () => {
    const boards = table();
    boards.heard(beacon(), 0);
    boards.heard(beacon({ leaving: true }), 1);
    assert.deepEqual(boards.heard(beacon({ version: 2 }), 2), []);
    assert.equal(boards.incarnationOf("b"), undefined);
    boards.heard(beacon({ incarnation: "2" }), 3);
    boards.heard(beacon({ incarnation: "3" }), 4);
    assert.deepEqual(boards.heard(beacon({ incarnation: "2" }), 5), []);
    assert.equal(boards.incarnationOf("b"), "3");
    boards.expire(4 + EXPIRY_MS);
    assert.deepEqual(kinds(boards.heard(beacon({ incarnation: "2" }), 9999)), [
      "joined b",
      "changed b",
    ]);
  });

  it("a doubted board is told as changed once more, and only then", () => {
    const boards = table();
    boards.heard(beacon(), 0);
    boards.doubt("b");
    boards.doubt("unknown");
    assert.deepEqual(kinds(boards.heard(beacon(), 1)), ["changed b"]);
    assert.deepEqual(boards.heard(beacon(), 2), []);
    boards.doubt("b");
    assert.deepEqual(kinds(boards.expire(1 + EXPIRY_MS + 1)), ["gone b lost"]);
  });

  it("is bounded, and counts what a full table drops", () => {
    const boards = table();
    for (let each = 0; each < BOARDS_MAX; each += 1)
      boards.heard(beacon({ boardId: `b${each}` }), 0);
    assert.deepEqual(boards.heard(beacon({ boardId: "more" }), 1), []);
    assert.equal(boards.droppedCount, 1);
    assert.deepEqual(kinds(boards.heard(beacon({ boardId: "b7", version: 2 }), 1)), ["changed b7"]);
  });
});

const texts = fc.string({ minLength: 1, maxLength: 100 });
const beacons: fc.Arbitrary<Beacon> = fc.record({
  cluster: texts,
  boardId: texts,
  incarnation: texts,
  endpoint: texts,
  version: fc.maxSafeNat(),
  leaving: fc.boolean(),
});
const inventories = fc.record({
  boardId: texts,
  incarnation: texts,
  version: fc.maxSafeNat(),
  providers: fc.array(fc.record({ key: texts, endpoint: texts }, { noNullPrototype: true })),
});
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.anything().map((value) => {
    try {
      return Uint8Array.from(new Packr({ useRecords: false }).pack(value));
    } catch {
      return new Uint8Array();
    }
  }),
  fc
    .tuple(beacons, fc.nat(), fc.integer({ min: 1, max: 255 }))
    .map(([each, place, mask]) => damaged(encodeBeacon(each), place, mask)),
  fc
    .tuple(inventories, fc.nat(), fc.integer({ min: 1, max: 255 }))
    .map(([each, place, mask]) => damaged(encodeInventory(each), place, mask)),
);

function damaged(frame: Uint8Array, place: number, mask: number): Uint8Array {
  const copy = Uint8Array.from(frame);
  copy[place % copy.length]! ^= mask;
  return copy;
}

describe("discovery codecs", function () {
  this.timeout(20_000);
  it("beacons and inventories arrive as they were", () => {
    fc.assert(
      fc.property(beacons, (each) =>
        assert.deepEqual(decodeBeacon(encodeBeacon(each)), { ...each }),
      ),
    );
    fc.assert(
      fc.property(inventories, (each) =>
        assert.deepEqual(decodeInventory(encodeInventory(each)), { ...each }),
      ),
    );
  });

  it("noise decodes to nothing or to something whole, and never throws", () => {
    const header = new TextEncoder().encode("HGB1");
    fc.assert(
      fc.property(noise, (frame) => {
        for (const payload of [frame, Uint8Array.from([...header, ...frame])]) {
          const heard = decodeBeacon(payload);
          if (heard !== undefined) assert.deepEqual(decodeBeacon(encodeBeacon(heard)), heard);
        }
        const inventory = decodeInventory(frame);
        if (inventory !== undefined)
          assert.deepEqual(decodeInventory(encodeInventory(inventory)), inventory);
        assert.equal(isInventoryRequest(frame), Buffer.from(frame).equals(INVENTORY_REQUEST));
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses a list without end, and texts that are too long or empty", () => {
    const pack = (value: unknown): Uint8Array => new Packr({ useRecords: false }).pack(value);
    const pairs = Array.from({ length: 10_001 }, () => ["k", "e"]);
    assert.equal(decodeInventory(pack(["b", "i", 1, pairs])), undefined);
    assert.equal(decodeInventory(pack(["b", "i", 1, pairs.slice(1)]))?.providers.length, 10_000);
    assert.equal(decodeInventory(pack(["b", "i", 1, [["k".repeat(1001), "e"]]])), undefined);
    assert.equal(decodeBeacon(encodeBeacon(beacon({ boardId: "" }))), undefined);
    assert.equal(decodeBeacon(encodeBeacon(beacon({ boardId: "b".repeat(101) }))), undefined);
    assert.equal(isInventoryRequest(INVENTORY_REQUEST), true);
  });
});

describe("registry", () => {
  const provider = fc.record({
    key: fc.constantFrom("k", "l"),
    endpoint: fc.constantFrom("1", "2", "3"),
  });
  const steps = fc.array(
    fc.oneof(
      fc.record({
        do: fc.constant("provide" as const),
        owner: fc.constantFrom("p", "q"),
        provider,
      }),
      fc.record({ do: fc.constant("withdraw" as const), owner: fc.constantFrom("p", "q") }),
      fc.record({
        do: fc.constant("setBoard" as const),
        board: fc.constantFrom("x", "y"),
        list: fc.array(provider, { maxLength: 4 }),
      }),
      fc.record({ do: fc.constant("require" as const), key: fc.constantFrom("k", "l") }),
      fc.record({ do: fc.constant("undo" as const), place: fc.nat() }),
    ),
    { maxLength: 40 },
  );

  it("every listener knows exactly the providers of its key, and is told only of changes", () => {
    fc.assert(
      fc.property(steps, (plan) => {
        let ownChangedCount = 0;
        const registry = new Registry(() => void (ownChangedCount += 1));
        const own = new Map<string, Provider[]>();
        const boards = new Map<string, Provider[]>();
        const listeners: { key: string; told: string[][]; undo: () => void; live: boolean }[] = [];
        const expected = (key: string): string[] => {
          const all = [...own.values(), ...boards.values()].flat();
          const endpoints = all.filter((each) => each.key === key).map(({ endpoint }) => endpoint);
          return [...new Set(endpoints)].sort();
        };
        for (const step of plan) {
          const { version } = registry;
          if (step.do === "provide") {
            registry.provide(step.owner, step.provider);
            own.set(step.owner, [...(own.get(step.owner) ?? []), step.provider]);
          } else if (step.do === "withdraw") {
            registry.withdraw(step.owner);
            own.delete(step.owner);
          } else if (step.do === "setBoard") {
            registry.setBoard(step.board, step.list);
            boards.set(step.board, step.list);
            assert.equal(registry.version, version);
          } else if (step.do === "require") {
            const told: string[][] = [];
            const undo = registry.require(step.key, (endpoints) => told.push([...endpoints]));
            listeners.push({ key: step.key, told, undo, live: true });
          } else {
            const listener = listeners[step.place % Math.max(1, listeners.length)];
            listener?.undo();
            if (listener !== undefined) listener.live = false;
          }
          for (const { key, told, live } of listeners) {
            if (live) assert.deepEqual(told.at(-1), expected(key));
            assert(
              told.every((each, index) => index === 0 || each.join() !== told[index - 1]?.join()),
            );
          }
        }
        assert.equal(ownChangedCount, registry.version);
        const flat = [...own.values()].flat().map(({ key, endpoint }) => `${key} ${endpoint}`);
        const have = registry.ownProviders.map(({ key, endpoint }) => `${key} ${endpoint}`);
        assert.deepEqual(new Set(have), new Set(flat));
      }),
      { numRuns: 500 },
    );
  });
});
