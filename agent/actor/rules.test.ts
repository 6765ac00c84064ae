// Goal: differences between code and model are all told; ports meet exactly within the reach of their scope.
// Method: examples; all pairs of places for the keys.
// Seed: none.
import assert from "node:assert/strict";
import type { AnyDefinition } from "../component/define.ts";
import { component } from "../component/define.ts";
import { clt, type Ports, pub, srv, sub, tim } from "../component/ports.ts";
import { truth } from "../message/field.ts";
import { message } from "../message/message-type.ts";
import { unfitness } from "./fit.ts";
import { providerKey } from "./provider-key.ts";
import { Ask, Tick, Told, tinyActor, tinyApplication } from "./tiny-app.contract.ts";

const [model] = tinyActor("Sender").components;
const { Source } = tinyApplication([]).components as { Source: AnyDefinition };

function coded(ports: Ports): AnyDefinition {
  const setup = (): Record<string, never> => ({});
  return component({ name: "Source", ports, options: () => undefined, setup }) as AnyDefinition;
}

describe("fit of code and model", () => {
  it("says nothing when they fit, in whatever order the ports are written", () => {
    assert.deepEqual(unfitness(Source, model!), []);
    const other = coded({ beat: tim(), ask: srv(Ask, Told), tick: pub(Tick) });
    assert.deepEqual(unfitness(other, model!), []);
  });

  it("spells out every difference", () => {
    const faults = unfitness(coded({ tick: sub(Tick), ask: clt(Told, Ask), extra: tim() }), model!);
    assert.deepEqual(faults, [
      "the model has `pub tick : Tick`, the code has `sub tick : Tick`",
      "the model has `srv ask : (Ask, Told)`, the code has `clt ask : (Told, Ask)`",
      "the model has `timer beat : `, the code has no such port",
      "the code has `timer extra`, the model has no such port",
    ]);
  });

  it("sees another message on a port of the right kind", () => {
    const faults = unfitness(coded({ tick: pub(Ask), ask: srv(Ask, Tick), beat: tim() }), model!);
    assert.equal(faults.length, 2);
  });
});

describe("provider keys", () => {
  const places = ["b", "c"].flatMap((board) =>
    ["p", "q"].flatMap((actor) => ["A", "B"].map((app) => ({ app, board, actor }))),
  );
  const reaches = {
    global: () => true,
    local: (one: { board: string }, other: { board: string }) => one.board === other.board,
    internal: (one: { board: string; actor: string }, other: { board: string; actor: string }) =>
      one.board === other.board && one.actor === other.actor,
  };
  for (const scope of ["global", "local", "internal"] as const)
    it(`${scope} ports meet exactly within their reach, and never across applications`, () => {
      let metCount = 0;
      for (const one of places)
        for (const other of places) {
          const met =
            providerKey(one, scope, "pub", [Tick]) === providerKey(other, scope, "pub", [Tick]);
          assert.equal(met, one.app === other.app && reaches[scope](one, other));
          if (met) metCount += 1;
        }
      assert(metCount >= places.length);
    });

  it("ports of another kind, message, shape or scope never meet", () => {
    const place = places[0]!;
    const otherShape = message("Tick", truth);
    const keys = [
      providerKey(place, "global", "pub", [Tick]),
      providerKey(place, "local", "pub", [Tick]),
      providerKey(place, "internal", "pub", [Tick]),
      providerKey(place, "global", "srv", [Tick]),
      providerKey(place, "global", "pub", [otherShape]),
      providerKey(place, "global", "pub", [Ask]),
      providerKey(place, "global", "srv", [Ask, Told]),
      providerKey(place, "global", "srv", [Told, Ask]),
    ];
    assert.equal(new Set(keys).size, keys.length);
  });
});
