// A device with inner threads, for the tests of this room; also a module of code that a process loads.
import assert from "node:assert/strict";
import { getEnvironmentData } from "node:worker_threads";
import { type Application, component } from "../component/define.ts";
import { insTick } from "../component/inside-tick.ts";
import { integerOption, textOption } from "../component/options.ts";
import { ins, srv } from "../component/ports.ts";
import type { ThreadContext } from "../component/thread.ts";
import { integer, record } from "../message/field.ts";
import { message } from "../message/message-type.ts";
import type { ActorInstance } from "../model/instances.ts";
import { parseApp } from "../model/parse-app.ts";
import { parseDeployment } from "../model/parse-deployment.ts";
import { instancesFor } from "../model/resolve.ts";

export const Order = message("Order", record({ number: integer(0, 1_000_000) }));
export const Sample = message("Sample", record({ number: integer(0, 1_000_000) }));
export const Ask = message("Ask", record({ number: integer(0, 1_000_000) }));
export const Crunch = message("Crunch", record({ number: integer(0, 1_000_000) }));
export const Told = message("Told", record({ number: integer(0, 1_000_000) }));

interface Numbered {
  readonly number: number;
}

/** What the echo thread does with some orders, instead of sending them back. */
export const ORDERS = {
  fail: 13,
  exit: 14,
  end: 15,
  malformed: 16,
  stick: 17,
  forget: 18,
  nap: 19,
} as const;

const MODEL = `language hedgerow 1;
app Lab {
  message Ask;
  message Crunch;
  message Told;
  device Meter(mode = "", periodMs = 0) {
    inside sample;
    inside beat default;
    srv ask : (Ask, Told);
  }
  component Cruncher { srv crunch : (Crunch, Told); }
  component Reader { clt ask : (Ask, Told); clt crunch : (Crunch, Told); }
  actor Metering(mode = "", periodMs = 0) { { meter : Meter(mode = mode, periodMs = periodMs); } }
  actor Crunching { { meter : Meter; cruncher : Cruncher; } }
  actor Reading { { reader : Reader; } }
}
`;

/** The actor that one line of a deployment places on board b. */
export function labActor(line: string): ActorInstance {
  const app = parseApp(MODEL, "lab.riaps");
  const text = `language hedgerow 1; app Lab { on (b) ${line}; on (other) Metering as o1; on (other) Reading as o2; on (other) Crunching as o3; }`;
  const deployment = parseDeployment(text, "lab.depl");
  assert(app.ok && deployment.ok);
  const [actor] = instancesFor(app.value, deployment.value, "b");
  assert(actor);
  return actor;
}

interface MeterOptions {
  /** "keep": it keeps how many samples it got; "exit": it may leave; "go-on": faults do not end the actor; "flood": many orders at once; "wrong": a malformed one. */
  readonly mode: string;
  /** Of the clock thread; 0: it does nothing. */
  readonly periodMs: number;
}

async function echo({
  received,
  clock,
  send,
  log,
  name,
}: ThreadContext<Numbered, Numbered>): Promise<void> {
  log("info", "thread-up", { name });
  for await (const { number } of received()) {
    log("debug", "order", { number });
    if (number === ORDERS.fail) throw new Error("the thread broke");
    if (number === ORDERS.exit) process.exit(3);
    if (number === ORDERS.end) return;
    if (number === ORDERS.nap) await clock.sleep(20);
    if (number === ORDERS.stick) await new Promise(() => undefined);
    if (number === ORDERS.forget) void Promise.reject(new Error("the thread forgot this"));
    send({ number: number === ORDERS.malformed ? -1 : number });
  }
}

async function beat(
  { clock, signal, send }: ThreadContext<Numbered, Numbered>,
  { periodMs }: MeterOptions,
): Promise<void> {
  for (let number = 0; !signal.aborted; number += 1) {
    if (number > 0) send({ number });
    await clock.sleep(periodMs === 0 ? Number.POSITIVE_INFINITY : periodMs);
  }
}

/** Its device writes what it hears into `journal`; asked for `number`, it orders that of the thread echo. */
export function labApplication(journal: string[]): Application {
  const say = (line: string): void => void journal.push(line);
  const meter = component({
    name: "Meter",
    ports: { sample: ins(Order, Sample), beat: insTick(), ask: srv(Ask, Told) },
    threads: { echo: { port: "sample", run: echo }, clock: { port: "sample", run: beat } },
    options: (parameters): MeterOptions => ({
      mode: textOption(parameters, "mode"),
      periodMs: integerOption(parameters, "periodMs"),
    }),
    setup({ port }, { mode }) {
      let count = 0;
      const keeps = {
        snapshot: () => count,
        restore: (state: unknown) => void (count = state as number),
      };
      return {
        ...(mode === "keep" ? keeps : {}),
        handleActivate() {
          say(`active ${port.sample({ number: 1 }, "echo")} ${port.sample({ number: 1 }, "none")}`);
          if (mode === "flood")
            for (let number: number = ORDERS.nap; number < 2000; number += 1)
              port.sample({ number }, "echo");
          if (mode === "wrong") port.sample({ number: -1 });
        },
        handleDeactivate: () => say(`inactive ${port.sample({ number: 99 })}`),
        handleFault({ handler, error }) {
          say(`fault ${handler} ${String(error).split("\n")[0] ?? ""}`);
          return mode === "go-on" ? "go-on" : "give-up";
        },
        on_sample({ number }, thread, { receivedUtcUs }) {
          count += 1;
          say(`${thread} ${number} at ${receivedUtcUs % 1e9}`);
        },
        on_beat: ({ dueUtcUs }, thread) => say(`${thread} ${dueUtcUs % 1e9}`),
        on_ask({ number }) {
          if (mode === "exit" && number === ORDERS.exit) process.exit(3);
          if (mode === "exit" && number === ORDERS.forget)
            void Promise.reject(new Error("the component forgot this"));
          else if (number > 0) say(`order ${port.sample({ number }, "echo")}`);
          return { number: count };
        },
      };
    },
  });
  return { name: "Lab", components: { Meter: meter, Cruncher: cruncher } };
}

/** Name of the memory that a test shares with all its threads: [computing, told to end]. */
export const GATE = "gate";

/** Computes for as long as it is not told to end. */
const cruncher = component({
  name: "Cruncher",
  ports: { crunch: srv(Crunch, Told) },
  options: () => undefined,
  setup: () => ({
    on_crunch() {
      const gate = getEnvironmentData(GATE) as unknown as Int32Array;
      Atomics.store(gate, 0, 1);
      let number = 0;
      while (Atomics.load(gate, 1) === 0) number = (number + 1) % 1000;
      return { number };
    },
  }),
});

/** What a process loads from this module. */
export const application = labApplication([]);
