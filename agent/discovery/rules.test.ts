// Goal: the registry tells each listener exactly what the board knows for its key, and only changes.
// Method: random steps against a naive model, with a directory that several boards share.
// Seed: fast-check's own, printed with a counterexample.
import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeProvider, encodeProvider } from "./provider-text.ts";
import { type Directory, NO_DIRECTORY, Registry, type Said } from "./registry.ts";

/** What all boards say, at once and without a network. */
class SharedDirectory {
  readonly #topics = new Map<string, Set<Said>>();
  readonly #listeners = new Map<string, Set<(said: readonly Said[]) => void>>();

  of(ownerId: string): Directory {
    return {
      publish: (topic, value) => {
        const said = this.#topics.get(topic) ?? new Set<Said>();
        this.#topics.set(topic, said);
        const one = { value, ownerId };
        said.add(one);
        this.#tell(topic);
        return () => {
          said.delete(one);
          this.#tell(topic);
        };
      },
      listen: (topic, listener) => {
        const listeners = this.#listeners.get(topic) ?? new Set();
        this.#listeners.set(topic, listeners.add(listener));
        listener([...(this.#topics.get(topic) ?? [])]);
        return () => listeners.delete(listener);
      },
    };
  }

  #tell(topic: string): void {
    for (const listener of this.#listeners.get(topic) ?? [])
      listener([...(this.#topics.get(topic) ?? [])]);
  }
}

describe("provider texts", () => {
  it("come back as they were; anything else is nothing", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (variant, endpoint) =>
        assert.deepEqual(decodeProvider(encodeProvider({ variant, endpoint })), {
          variant,
          endpoint,
        }),
      ),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const provider = decodeProvider(text);
        if (provider !== undefined)
          assert.deepEqual(decodeProvider(encodeProvider(provider)), provider);
      }),
    );
    for (const text of ["", "[]", '["v"]', '["v",""]', '[1,"e"]', "{}"])
      assert.equal(decodeProvider(text), undefined);
  });
});

describe("registry", () => {
  const provider = fc.record({
    key: fc.constantFrom("k:1", "k:2", "l:1", "@l:1"),
    endpoint: fc.constantFrom("1", "2", "3"),
  });
  const board = fc.constantFrom("x", "y");
  const owner = fc.constantFrom("p", "q");
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant("provide" as const), board, owner, provider }),
      fc.record({ do: fc.constant("withdraw" as const), board, owner }),
      fc.record({ do: fc.constant("withdrawOne" as const), board, owner, provider }),
      fc.record({ do: fc.constant("require" as const), board, provider }),
      fc.record({ do: fc.constant("undo" as const), place: fc.nat() }),
    ),
    { maxLength: 60 },
  );
  const placeOf = (key: string) => {
    const [topic = "", variant = ""] = key.split(":");
    return { topic, variant, isLocal: topic.startsWith("@") };
  };

  it("every listener knows exactly the providers of its key, and is told only of changes", () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const shared = new SharedDirectory();
        const registries = {
          x: new Registry(shared.of("x"), placeOf),
          y: new Registry(shared.of("y"), placeOf),
        };
        const all = new Map<string, { board: string; key: string; endpoint: string }>();
        const listeners: {
          board: string;
          key: string;
          told: string[][];
          undo: () => void;
          live: boolean;
        }[] = [];
        const expected = (at: string, key: string): string[] => {
          const here = [...all.values()].filter(
            (each) => each.key === key && (each.board === at || !key.startsWith("@")),
          );
          return [...new Set(here.map(({ endpoint }) => endpoint))].sort();
        };
        for (const step of plan) {
          if (step.do === "provide") {
            const { board: at, owner: by, provider: one } = step;
            registries[at].provide(by, one);
            all.set(`${at} ${by} ${one.key} ${one.endpoint}`, { board: at, ...one });
          } else if (step.do === "withdraw") {
            registries[step.board].withdraw(step.owner);
            for (const name of [...all.keys()])
              if (name.startsWith(`${step.board} ${step.owner} `)) all.delete(name);
          } else if (step.do === "withdrawOne") {
            const { board: at, owner: by, provider: one } = step;
            registries[at].withdrawOne(by, one);
            all.delete(`${at} ${by} ${one.key} ${one.endpoint}`);
          } else if (step.do === "require") {
            const told: string[][] = [];
            const { key } = step.provider;
            const undo = registries[step.board].require(key, (each) => told.push([...each]));
            listeners.push({ board: step.board, key, told, undo, live: true });
          } else {
            const listener = listeners[step.place % Math.max(1, listeners.length)];
            listener?.undo();
            if (listener !== undefined) listener.live = false;
          }
          for (const { board: at, key, told, live } of listeners) {
            if (live) assert.deepEqual(told.at(-1), expected(at, key));
            assert(
              told.every((each, index) => index === 0 || each.join() !== told[index - 1]?.join()),
            );
          }
        }
        const liveCount = listeners.filter(({ live }) => live).length;
        assert.equal(
          registries.x.sizes.listenerCount + registries.y.sizes.listenerCount,
          liveCount,
        );
        for (const { undo } of listeners) undo();
        for (const { sizes } of Object.values(registries))
          assert.deepEqual([sizes.topicCount, sizes.toldCount], [0, 0]);
      }),
      { numRuns: 500 },
    );
  });

  it("believes a silent board as long as it is told to, and no longer than that board speaks again", () => {
    let say: (said: readonly Said[]) => void = () => undefined;
    const directory: Directory = {
      ...NO_DIRECTORY,
      listen: (topic, listener) => {
        if (topic === "k") say = listener;
        return () => undefined;
      },
    };
    const registry = new Registry(directory);
    let known: readonly string[] = [];
    registry.require("k", (endpoints) => {
      known = endpoints;
    });
    const of = (ownerId: string, endpoint: string): Said => ({
      ownerId,
      value: encodeProvider({ variant: "", endpoint }),
    });
    say([of("b", "old b"), of("c", "c"), { ownerId: "d", value: "nonsense" }]);
    assert.deepEqual(known, ["c", "old b"]);
    assert(registry.malformedCount > 0);
    registry.doubt("b", () => false);
    say([of("c", "c")]);
    assert.deepEqual(known, ["c"]);
    say([of("b", "old b"), of("c", "c")]);
    registry.doubt("b", () => true);
    say([of("c", "c")]);
    assert.deepEqual(known, ["c", "old b"]);
    say([of("b", "new b"), of("c", "c")]);
    assert.deepEqual(known, ["c", "new b"]);
    registry.doubt("b", () => true);
    say([of("c", "c")]);
    registry.forget("b");
    assert.deepEqual(known, ["c"]);
  });
});
