// Goal: a machine does what its definition says, in order and one transition at a time; a definition that
// leaves open what follows is refused.
// Method: a door with guards, actions that wait, that send and that throw.
// Seed: none.
import assert from "node:assert/strict";
import { hasCode } from "../core/store.contract.ts";
import { type MachineDefinition, StateMachine } from "./state-machine.ts";

type State = "shut" | "open" | "locked";
type Event =
  | { readonly kind: "push" }
  | { readonly kind: "key"; readonly code: number }
  | { readonly kind: "alarm" };
type Door = MachineDefinition<string[], State, Event>;

const DOOR: Door = {
  initial: "shut",
  states: {
    shut: {
      enter: (log) => void log.push("shut"),
      leave: (log) => void log.push("not shut"),
      on: {
        push: {
          to: "open",
          async act(log) {
            await Promise.resolve();
            log.push("creaks");
          },
        },
        key: [
          { to: "locked", when: (_, { code }) => code === 7 },
          { act: (log, { code }) => void log.push(`${code} is wrong`) },
        ],
      },
    },
    open: {
      async enter(log) {
        await Promise.resolve();
        log.push("open");
      },
      on: { push: { to: "shut" }, alarm: { to: "open" } },
    },
    locked: { on: { key: { to: "shut", when: (_, { code }) => code === 7 } } },
  },
  unhandled: (log, state, { kind }) => void log.push(`${kind} ignored while ${state}`),
};

function door(changes: Partial<Door> = {}): {
  machine: StateMachine<string[], State, Event>;
  log: string[];
} {
  const log: string[] = [];
  return { machine: new StateMachine<string[], State, Event>({ ...DOOR, ...changes }, log), log };
}

describe("state machine", () => {
  it("leaves, acts and enters in this order, and waits for each", async () => {
    const { machine, log } = door();
    await machine.start();
    await machine.send({ kind: "push" });
    assert.equal(machine.state, "open");
    assert.deepEqual(log, ["shut", "not shut", "creaks", "open"]);
    await machine.send({ kind: "alarm" });
    assert.deepEqual(log.slice(4), ["open"], "a transition to the same state enters it anew");
  });

  it("takes the first transition whose guard holds; without a target it neither leaves nor enters", async () => {
    const { machine, log } = door();
    await machine.send({ kind: "key", code: 3 });
    assert.deepEqual([machine.state, ...log], ["shut", "3 is wrong"]);
    await machine.send({ kind: "key", code: 7 });
    assert.equal(machine.state, "locked");
  });

  it("tells of an event that has no transition here, or none whose guard holds", async () => {
    const { machine, log } = door({ initial: "locked" });
    await machine.send({ kind: "push" });
    await machine.send({ kind: "key", code: 1 });
    assert.deepEqual(log, ["push ignored while locked", "key ignored while locked"]);
    assert.equal(machine.state, "locked");
  });

  it("what an action sends is handled when its transition has ended, before send resolves", async () => {
    const log: string[] = [];
    const machine = new StateMachine<string[], State, Event>(
      {
        ...DOOR,
        states: {
          ...DOOR.states,
          shut: {
            on: {
              push: {
                to: "open",
                async act() {
                  await machine.send({ kind: "push" });
                  log.push("sent");
                },
              },
            },
          },
        },
      },
      log,
    );
    await machine.send({ kind: "push" });
    assert.deepEqual(log, ["sent", "open"]);
    assert.equal(machine.state, "shut");
  });

  it("an action that throws leaves the state as it was, forgets what it sent, and the machine goes on", async () => {
    for (const where of ["act", "enter"]) {
      let failCount = 0;
      const fail = async (): Promise<void> => {
        failCount += 1;
        if (failCount > 1) return;
        await machine.send({ kind: "alarm" });
        throw new Error("stuck");
      };
      const { states } = DOOR;
      const shut = {
        on: { push: { to: "open" as const, ...(where === "act" ? { act: fail } : {}) } },
      };
      const open = where === "enter" ? { ...states.open, enter: fail } : states.open;
      const { machine } = door({ states: { ...states, shut, open } });
      await assert.rejects(machine.send({ kind: "push" }), /stuck/);
      assert.equal(machine.state, "shut", where);
      await machine.send({ kind: "push" });
      assert.equal(machine.state, "open", where);
    }
  });

  it("actions that send for ever are stopped", async () => {
    const open = {
      enter: (): Promise<void> => machine.send({ kind: "alarm" }),
      ...DOOR.states.open,
    };
    const again = {
      ...open,
      on: { alarm: { act: (): Promise<void> => machine.send({ kind: "alarm" }) } },
    };
    const { machine } = door({ initial: "open", states: { ...DOOR.states, open: again } });
    await assert.rejects(machine.send({ kind: "alarm" }), hasCode("STATE_MACHINE_ENDLESS"));
    assert.equal(machine.state, "open");
  });

  const contradictions: readonly [string, Partial<Door>][] = [
    [
      "two transitions without a guard",
      { states: { ...DOOR.states, open: { on: { push: [{ to: "shut" }, { to: "locked" }] } } } },
    ],
    [
      "a transition that another one hides",
      {
        states: {
          ...DOOR.states,
          open: { on: { push: [{ to: "shut" }, { to: "locked", when: () => true }] } },
        },
      },
    ],
    [
      "a target that does not exist",
      { states: { ...DOOR.states, open: { on: { push: { to: "ajar" as State } } } } },
    ],
    ["a beginning that does not exist", { initial: "ajar" as State }],
  ];
  for (const [name, changes] of contradictions)
    it(`refuses ${name}`, () => {
      assert.throws(() => door(changes), hasCode("STATE_MACHINE_INVALID"));
    });
});
