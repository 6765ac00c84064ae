// A simulated cluster whose agents are asked at their sockets, for the tests of this room.
import assert from "node:assert/strict";
import type { tinyTexts } from "../actor/tiny-app.contract.ts";
import { askAgent } from "../control/ask-agent.ts";
import type { Params } from "../control/control-method.ts";
import type { ProgramTable } from "../core/program.ts";
import type { Json, RpcOutcome } from "../core/rpc.ts";
import { Cluster } from "./cluster.contract.ts";

/** A cluster of which any board's agent can be asked. */
export class AskedCluster extends Cluster {
  readonly #outcomes: RpcOutcome[] = [];

  constructor(texts: ReturnType<typeof tinyTexts>, programs: ProgramTable = {}) {
    super(texts, 1, {
      ...programs,
      asker: async ({ rpc }, options, _parent, signal) => {
        const question = options as { readonly method: string; readonly params: Params };
        this.#outcomes.push(await askAgent(rpc, "unix:/run/control.sock", question, signal));
      },
    });
  }

  async ask(board: string, method: string, params: Params = {}): Promise<RpcOutcome> {
    const call = { program: "asker", name: "asker", options: { method, params } };
    const child = this.sim.host(board).start(call);
    await this.sim.runWhile(() => this.#outcomes.length === 0, 100_000);
    await child.exited;
    const outcome = this.#outcomes.pop();
    if (outcome === undefined) throw new Error("nobody answered");
    return outcome;
  }

  /** The answer to a question that has one. */
  async answer(board: string, method: string, params: Params = {}): Promise<Json> {
    const outcome = await this.ask(board, method, params);
    assert(outcome.ok, JSON.stringify(outcome));
    return outcome.result;
  }
}
