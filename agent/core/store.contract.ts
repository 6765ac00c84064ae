// Goal: every body of Store keeps whole transactions, in byte order, for one owner at a time.
// Method: the same claims in a fresh world of each body.
// Seed: none; random order of keys comes from a fixed multiplier.
import assert from "node:assert/strict";
import { AgentError } from "./errors.ts";
import { bytes, type RunIn, utf8 } from "./run-in-world.contract.ts";
import type { Database } from "./store.ts";

export function storeContract(name: string, run: RunIn<"store">): void {
  function claim(sentence: string, body: (database: Database) => void): void {
    it(sentence, () =>
      run(async ({ store }) => {
        await using database = await store.open("claims");
        body(database);
      }),
    );
  }

  describe(`store contract: ${name}`, function () {
    this.timeout(30_000);
    claim(
      "reads what a finished transaction wrote, and nothing from unknown tables",
      (database) => {
        const result = database.transact((writer) => {
          writer.put("a", bytes(1), bytes(10));
          writer.put("a", bytes(), bytes());
          return "done";
        });
        assert.equal(result, "done");
        assert.deepEqual(database.get("a", bytes(1)), bytes(10));
        assert.deepEqual(database.get("a", bytes()), bytes());
        assert.equal(database.get("a", bytes(2)), undefined);
        assert.equal(database.get("b", bytes(1)), undefined);
        assert.deepEqual(database.scan("b", {}), []);
      },
    );

    claim("writes nothing when the work throws, and passes the error on", (database) => {
      const failure = new Error("no");
      database.transact((writer) => writer.put("a", bytes(1), bytes(1)));
      assert.throws(
        () =>
          database.transact((writer) => {
            writer.put("a", bytes(1), bytes(2));
            writer.put("new", bytes(1), bytes(2));
            writer.delete("a", bytes(1));
            throw failure;
          }),
        failure,
      );
      assert.deepEqual(database.scan("a", {}), [[bytes(1), bytes(1)]]);
      assert.deepEqual(database.scan("new", {}), []);
      database.transact((writer) => writer.put("new", bytes(3), bytes(3)));
      assert.deepEqual(database.scan("new", {}), [[bytes(3), bytes(3)]]);
    });

    claim("a writer reads its own writes; the database reads finished transactions", (database) => {
      database.transact((writer) => writer.put("a", bytes(1), bytes(1)));
      database.transact((writer) => {
        assert.deepEqual(writer.get("a", bytes(1)), bytes(1));
        writer.put("a", bytes(1), bytes(2));
        writer.put("a", bytes(2), bytes(2));
        assert.deepEqual(writer.get("a", bytes(1)), bytes(2));
        assert.deepEqual(database.get("a", bytes(1)), bytes(1));
        assert.deepEqual(database.scan("a", {}), [[bytes(1), bytes(1)]]);
        writer.delete("a", bytes(1));
        assert.equal(writer.get("a", bytes(1)), undefined);
      });
      assert.deepEqual(database.scan("a", {}), [[bytes(2), bytes(2)]]);
    });

    claim("keeps its own copy of keys and values", (database) => {
      const key = bytes(1);
      const value = bytes(1);
      database.transact((writer) => {
        writer.put("a", key, value);
        key[0] = 9;
        value[0] = 9;
      });
      const read = database.get("a", bytes(1));
      assert.deepEqual(read, bytes(1));
      read.set([9]);
      assert.deepEqual(database.get("a", bytes(1)), bytes(1));
    });

    claim("tables whose names differ by case or sign are different tables", (database) => {
      const names = ["a", "A", "a-b", "a_b", "a.b", "_41_", 'quote"', "", "ä", "sqlite_x"];
      database.transact((writer) => {
        for (const table of names) writer.put(table, bytes(0), utf8(table));
      });
      for (const table of names) assert.deepEqual(database.get(table, bytes(0)), utf8(table));
    });

    claim("keys are in byte order, a prefix before its longer forms", (database) => {
      const ordered = [
        [],
        [0],
        [0, 0],
        [0, 1],
        [1],
        [1, 255],
        [2],
        [127],
        [128],
        [255],
        [255, 255],
      ];
      database.transact((writer) => {
        for (let index = 0; index < ordered.length; index += 1)
          writer.put("a", bytes(...(ordered[(index * 7) % ordered.length] ?? [])), bytes(0));
      });
      const keys = database.scan("a", {}).map(([key]) => [...key]);
      assert.deepEqual(keys, ordered);
    });

    claim("a scan begins at from, ends before to, counts, and turns round", (database) => {
      database.transact((writer) => {
        for (let key = 1; key <= 9; key += 1) writer.put("a", bytes(key), bytes(key));
      });
      const keys = (range: Parameters<Database["scan"]>[1]): number[] =>
        database.scan("a", range).map(([key]) => key[0] ?? 0);
      assert.deepEqual(keys({ from: bytes(3), to: bytes(6) }), [3, 4, 5]);
      assert.deepEqual(keys({ from: bytes(8) }), [8, 9]);
      assert.deepEqual(keys({ to: bytes(2) }), [1]);
      assert.deepEqual(keys({ from: bytes(3), countMax: 2 }), [3, 4]);
      assert.deepEqual(keys({ to: bytes(6), countMax: 2, reverse: true }), [5, 4]);
      assert.deepEqual(keys({ from: bytes(3), to: bytes(6), reverse: true }), [5, 4, 3]);
      assert.deepEqual(keys({ from: bytes(6), to: bytes(3) }), []);
      assert.deepEqual(keys({ countMax: 0 }), []);
    });

    claim(
      "a transaction within another, and a writer that outlives its own, are bugs",
      (database) => {
        assert.throws(() => database.transact(() => database.transact(() => 1)));
        const escaped = database.transact((writer) => writer);
        assert.throws(() => escaped.put("a", bytes(1), bytes(1)));
        assert.throws(() => database.transact(() => Promise.resolve()));
        assert.deepEqual(database.scan("a", {}), []);
      },
    );

    it("opens again with everything, and is disposed twice without harm", () =>
      run(async ({ store }) => {
        const first = await store.open("again");
        first.transact((writer) => writer.put("A", bytes(1), bytes(2)));
        await first[Symbol.asyncDispose]();
        await first[Symbol.asyncDispose]();
        assert.throws(() => first.transact((writer) => writer.put("A", bytes(1), bytes(3))));
        await using second = await store.open("again");
        assert.deepEqual(second.scan("A", {}), [[bytes(1), bytes(2)]]);
        await using other = await store.open("other");
        assert.deepEqual(other.scan("A", {}), []);
      }));

    it("has one owner at a time", () =>
      run(async ({ store }) => {
        const first = await store.open("mine");
        await assert.rejects(store.open("mine"), hasCode("STORE_IN_USE"));
        await first[Symbol.asyncDispose]();
        await using second = await store.open("mine");
        assert.deepEqual(second.scan("a", {}), []);
      }));

    it("takes letters, digits and hyphens as a name", () =>
      run(async ({ store }) => {
        for (const bad of ["", "../x", "a/b", "a.b", "a b"])
          await assert.rejects(store.open(bad), hasCode("STORE_NAME_INVALID"), bad);
      }));
  });
}

export function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof AgentError && error.code === code;
}
