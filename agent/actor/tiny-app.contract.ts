// A tiny application and a ledger in memory, for the tests of this room and of agent/node.
import assert from "node:assert/strict";
import { contract } from "../component/contract.ts";
import { type AnyDefinition, type Application, component } from "../component/define.ts";
import type {
  FollowRequest,
  Hex,
  LedgerEvent,
  LedgerService,
  ReadOutcome,
  SubmitOutcome,
} from "../component/ledger-service.ts";
import { integerOption, textOption } from "../component/options.ts";
import { clt, pub, srv, sub, tim } from "../component/ports.ts";
import { AgentError } from "../core/errors.ts";
import { aborted } from "../core/waiting.ts";
import { integer, record } from "../message/field.ts";
import { message } from "../message/message-type.ts";
import type { ActorInstance } from "../model/instances.ts";
import { parseApp } from "../model/parse-app.ts";
import { parseDeployment } from "../model/parse-deployment.ts";
import { instancesFor } from "../model/resolve.ts";

export const Tick = message("Tick", record({ number: integer(0, 1_000_000) }));
export const Ask = message("Ask", record({ number: integer(0, 1000) }));
export const Told = message("Told", record({ square: integer(0, 1_000_000) }));

export const COUNTER: Hex = `0x${"c0".repeat(20)}`;
export const counterAbi = [
  {
    type: "function",
    name: "add",
    stateMutability: "nonpayable",
    inputs: [{ name: "value", type: "uint32" }],
    outputs: [],
  },
  {
    type: "function",
    name: "total",
    stateMutability: "view",
    inputs: [],
    outputs: [{ name: "", type: "uint32" }],
  },
  {
    type: "event",
    name: "Added",
    inputs: [{ name: "value", type: "uint32", indexed: false }],
  },
] as const;

const MODEL = `language hedgerow 1;
app Tiny {
  message Tick;
  message Ask;
  message Told;
  component Source(failAt = 0) {
    pub tick : Tick;
    srv ask : (Ask, Told);
    timer beat 1 sec;
  }
  component Sink {
    sub tick : Tick;
    clt ask : (Ask, Told);
  }
  component Book(what) {
    srv ask : (Ask, Told);
    timer later;
  }
  actor Sender(failAt = 0) { { source : Source(failAt = failAt); } }
  actor Receiver { { sink : Sink; } }
  actor Keeper(what = "") { { book : Book(what = what); } }
  actor Both { internal Tick; { source : Source; sink : Sink; } }
}
`;

/** The model, and a deployment whose lines are given. */
export function tinyTexts(...lines: readonly string[]): {
  readonly modelName: string;
  readonly modelText: string;
  readonly deploymentName: string;
  readonly deploymentText: string;
} {
  return {
    modelName: "tiny.riaps",
    modelText: MODEL,
    deploymentName: "tiny.depl",
    deploymentText: `language hedgerow 1;\napp Tiny {\n${lines.join("\n")}\n}\n`,
  };
}

/** The actor that one line of a deployment places on board b. */
export function tinyActor(line: string): ActorInstance {
  // Somebody elsewhere for every port to connect to.
  const others = "on (other) Sender as r1; on (other) Receiver as r2;";
  const texts = tinyTexts(`on (b) ${line};`, others);
  const app = parseApp(texts.modelText, texts.modelName);
  const deployment = parseDeployment(texts.deploymentText, texts.deploymentName);
  assert(app.ok && deployment.ok);
  const [actor] = instancesFor(app.value, deployment.value, "b");
  assert(actor);
  return actor;
}

/** Its components write what happens to them into `journal`. */
export function tinyApplication(journal: string[]): Application {
  const say = (line: string): void => void journal.push(line);
  const source = component({
    name: "Source",
    ports: { tick: pub(Tick), ask: srv(Ask, Told), beat: tim() },
    options: (parameters) => ({ failAt: integerOption(parameters, "failAt") }),
    setup({ port }, { failAt }) {
      let number = 0;
      return {
        handleActivate: () => say("source active"),
        handleDeactivate: () => say("source inactive"),
        on_beat() {
          number += 1;
          if (number === failAt) throw new Error("failed as told");
          port.tick({ number });
        },
        on_ask: ({ number: asked }) => ({ square: asked ** 2 }),
      };
    },
  });
  const sink = component({
    name: "Sink",
    ports: { tick: sub(Tick), ask: clt(Ask, Told) },
    options: () => undefined,
    setup({ port, name }) {
      return {
        handleActivate: () => say("sink active"),
        handleDeactivate: () => say("sink inactive"),
        async on_tick({ number }) {
          const answer = await port.ask({ number }, 5000);
          const told = answer.kind === "reply" ? answer.reply.square : answer.reason;
          say(`${name} ${number} ${told}`);
        },
      };
    },
  });
  return { name: "Tiny", components: { Source: source, Sink: sink, Book: book(say, journal) } };
}

function book(say: (line: string) => void, journal: readonly string[]): AnyDefinition {
  return component({
    name: "Book",
    ports: { ask: srv(Ask, Told), later: tim() },
    contracts: { counter: contract("Counter", counterAbi) },
    options: (parameters) => ({ what: textOption(parameters, "what") }),
    setup({ port, account, clock, contract: { counter }, log }, { what }) {
      const handlers = {
        async handleActivate() {
          say("book active");
          if (what === "idle") return;
          if (what === "deploy") {
            say(`deployed ${await counter.deploy("counter", "0x00", [])}`);
            return;
          }
          if (what !== "unbound") counter.bind(COUNTER);
          if (what === "events") return;
          const outcome = await counter.submit("add", [5], { key: "five" });
          say(`${outcome.kind} by ${account.address}`);
          say(`total ${await counter.read("total", [])}`);
          log("info", "book-kept", { what });
          port.later.fireAtUtc(clock.utcUs() + 1_000_000);
        },
        handleDeactivate() {
          say("book inactive");
          if (what === "idle") throw new Error("failed while stopping");
        },
        on_ask({ number }: { number: number }) {
          say(`asked ${number}`);
          return { square: number ** 2 };
        },
        async on_later() {
          const digest = await account.signDigest(Uint8Array.of(1));
          const transfer = await account.transfer(COUNTER, 7n, "seven");
          say(`signed ${digest.length} ${transfer.kind}`);
        },
      };
      const Added = async ({ value }: { value: number }): Promise<void> => {
        say(`added ${value}`);
        await Promise.resolve();
        // Bad luck once: the next incarnation gets over it.
        if (value === 13 && journal.filter((line) => line === "added 13").length === 1)
          throw new Error("thirteen");
        say(`end ${value}`);
      };
      // A name that the interface does not have, as code without types may give.
      const events = what === "misnamed" ? { Subtracted: Added } : { Added };
      return { ...handlers, events: { counter: events } };
    },
  });
}

/** A ledger in memory with one contract. Its places in the chain outlive actors. */
export class FakeLedger implements LedgerService {
  readonly calls: string[] = [];
  readonly #events: LedgerEvent[] = [];
  readonly #places = new Map<string, number>();
  #wake: (() => void)[] = [];
  readOutcome: ReadOutcome = { kind: "value", value: 5 };
  deployOutcome: SubmitOutcome = accepted({ contractAddress: COUNTER });
  /** How often each value was handed over, by value. */
  readonly delivered: number[] = [];
  followerCount = 0;

  emit(value: number): void {
    const place = { blockNumber: this.#events.length, logIndex: 0, transactionHash: "0x" as Hex };
    this.#events.push({ name: "Added", args: { value }, ...place });
    for (const wake of this.#wake.splice(0)) wake();
  }

  async open(account: string): Promise<Hex> {
    this.calls.push(`open ${account}`);
    return Promise.resolve("0xaa");
  }
  async deploy(account: string, request: { key: string }): Promise<SubmitOutcome> {
    this.calls.push(`deploy ${account} ${request.key}`);
    return Promise.resolve(this.deployOutcome);
  }
  async submit(
    account: string,
    request: { functionName: string; address: Hex; args: readonly unknown[] },
  ): Promise<SubmitOutcome> {
    const { functionName, args, address } = request;
    this.calls.push(`submit ${account} ${functionName}(${args.join()}) ${address.slice(0, 4)}`);
    return Promise.resolve(accepted());
  }
  async transfer(account: string, request: { valueWei: bigint }): Promise<SubmitOutcome> {
    this.calls.push(`transfer ${account} ${request.valueWei}`);
    return Promise.resolve(accepted());
  }
  async read(): Promise<ReadOutcome> {
    return Promise.resolve(this.readOutcome);
  }
  async signDigest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(65));
  }

  async follow(
    account: string,
    { reader, events }: FollowRequest,
    deliver: (event: LedgerEvent) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    for (const event of events)
      if (event !== "Added") throw new AgentError("LEDGER_CALL_INVALID", { event });
    const key = `${account} ${reader}`;
    this.followerCount += 1;
    const end = aborted(signal);
    while (!signal.aborted) {
      const place = this.#places.get(key) ?? 0;
      const event = this.#events[place];
      if (event === undefined) {
        await Promise.race([new Promise<void>((resolve) => this.#wake.push(resolve)), end]);
        continue;
      }
      this.delivered.push(event.args["value"] as number);
      const handled = deliver(event).then(() => void this.#places.set(key, place + 1));
      await Promise.race([handled, end]);
    }
    this.followerCount -= 1;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.calls.push("disposed");
    return Promise.resolve();
  }
}

function accepted(more: { contractAddress?: Hex } = {}): SubmitOutcome {
  return { kind: "accepted", transactionHash: "0x01", blockNumber: 3, gasUsed: 1, ...more };
}
