import type { Caller, CallOutcome, QueryCall, RequestCall } from "../../agent/component/calls.ts";
import { type AnyDefinition, component } from "../../agent/component/define.ts";
import {
  type Ans,
  ans,
  type Clt,
  clt,
  type Port,
  type Ports,
  type Pub,
  pub,
  type Qry,
  qry,
  type Rep,
  type Req,
  rep,
  req,
  type Srv,
  type Sub,
  srv,
  sub,
} from "../../agent/component/ports.ts";
import { deferred } from "../../agent/core/waiting.ts";

/** Component and actor of the test itself; no application may have parts of this name. */
export const PROBE = "TestProbe";
/** Most messages that one port of the test keeps; the oldest go first. */
export const RECEIVED_MAX = 10_000;

/** A port through which the test sends. */
export interface ProbePub<M> {
  /** @throws AgentError MESSAGE_MALFORMED when it is not of the port's type. */
  send(message: M): void;
}
/** A port at which the test hears. */
export interface ProbeSub<M> {
  /** All that came since the last `take`, oldest first. */
  readonly received: readonly M[];
  /** The same, and forgets it. */
  take(): readonly M[];
}
/** A port through which the test asks: any number of requests, one after the other. */
export interface ProbeAsk<Q, R> {
  /** Resolves with what became of it; cluster time goes on until then. Default: within a second. */
  request(request: Q, timeoutMs?: number): Promise<CallOutcome<R>>;
}
/** A port at which the test answers. */
export interface ProbeAnswer<Q, R> extends ProbeSub<Q> {
  /** Answers from now on; what came before and has no answer gets one now. Until then nothing is answered. */
  answers(answer: (request: Q) => R): void;
}

/** The test's end of a port. */
export type ProbePort<T> =
  T extends Pub<infer M>
    ? ProbePub<M>
    : T extends Sub<infer M>
      ? ProbeSub<M>
      : T extends Clt<infer Q, infer R> | Req<infer Q, infer R> | Qry<infer Q, infer R>
        ? ProbeAsk<Q, R>
        : T extends Srv<infer Q, infer R> | Rep<infer Q, infer R> | Ans<infer Q, infer R>
          ? ProbeAnswer<Q, R>
          : never;

/** The test's ends of its ports, by name. */
export type Probe<P extends Ports> = { readonly [K in keyof P]: ProbePort<P[K]> };

/** The port that connects to one of type `T`. */
export type MirrorOf<T> =
  T extends Pub<infer M>
    ? Sub<M>
    : T extends Sub<infer M>
      ? Pub<M>
      : T extends Clt<infer Q, infer R>
        ? Srv<Q, R>
        : T extends Srv<infer Q, infer R>
          ? Clt<Q, R>
          : T extends Req<infer Q, infer R>
            ? Rep<Q, R>
            : T extends Rep<infer Q, infer R>
              ? Req<Q, R>
              : T extends Qry<infer Q, infer R>
                ? Ans<Q, R>
                : T extends Ans<infer Q, infer R>
                  ? Qry<Q, R>
                  : never;

/** The ports that connect to all of `P`; timers and inner ports have no other end. */
export type MirrorPorts<P extends Ports> = {
  readonly [K in keyof P as MirrorOf<P[K]> extends never ? never : K]: MirrorOf<P[K]>;
};

/** The ports that connect to all of `ports`. */
export function mirrored(ports: Ports): Ports {
  const others = Object.entries(ports).map(([name, port]) => [name, mirror(port)] as const);
  return Object.fromEntries(
    others.filter((entry): entry is readonly [string, Port] => entry[1] !== undefined),
  );
}

function mirror(port: Port): Port | undefined {
  switch (port.kind) {
    case "pub":
      return sub(port.message);
    case "sub":
      return pub(port.message);
    case "clt":
      return srv(port.request, port.reply);
    case "srv":
      return clt(port.request, port.reply);
    case "req":
      return rep(port.request, port.reply);
    case "rep":
      return req(port.request, port.reply);
    case "qry":
      return ans(port.request, port.reply);
    case "ans":
      return qry(port.request, port.reply);
    case "tim":
    case "ins":
      return undefined;
  }
}

type Outcome = CallOutcome<unknown>;
type Calls = Readonly<Record<string, unknown>>;

/** One port of the test: what it gets, and what its component has to do. */
class ProbeEnd {
  readonly #port: Port;
  readonly #name: string;
  readonly #calls: () => Calls;
  readonly #run: Run;
  #received: unknown[] = [];
  #answer: ((request: unknown) => unknown) | undefined;
  #unanswered: ((answer: (request: unknown) => unknown) => void)[] = [];
  #outcomes: ((outcome: Outcome) => void)[] = [];
  readonly #byQuery = new Map<number, (outcome: Outcome) => void>();

  constructor(name: string, port: Port, calls: () => Calls, run: Run) {
    this.#name = name;
    this.#port = port;
    this.#calls = calls;
    this.#run = run;
  }

  get received(): readonly unknown[] {
    return this.#received;
  }

  take(): readonly unknown[] {
    return this.#received.splice(0);
  }

  send(message: unknown): void {
    (this.#calls()[this.#name] as (message: unknown) => void)(message);
  }

  answers(answer: (request: unknown) => unknown): void {
    this.#answer = answer;
    for (const give of this.#unanswered.splice(0)) give(answer);
  }

  async request(request: unknown, timeoutMs = 1000): Promise<Outcome> {
    const call = this.#calls()[this.#name];
    if (this.#port.kind === "clt")
      return this.#run((call as (q: unknown, ms: number) => Promise<Outcome>)(request, timeoutMs));
    const { promise, resolve } = deferred<Outcome>();
    if (this.#port.kind === "qry")
      this.#byQuery.set((call as QueryCall<unknown>)(request, timeoutMs), resolve);
    else {
      if ((call as RequestCall<unknown>)(request, timeoutMs) === "busy")
        throw new Error(`${this.#name} waits for a reply: one request at a time`);
      this.#outcomes.push(resolve);
    }
    return this.#run(promise);
  }

  /** What the component of the test does when something comes in at this port. */
  handler(): (first: unknown, second: unknown) => unknown {
    switch (this.#port.kind) {
      case "srv":
        return (request) => this.#asked(request);
      case "rep":
      case "ans":
        return (request, caller) => {
          void this.#asked(request).then((reply) => (caller as Caller<unknown>).answer(reply));
        };
      case "req":
        return (outcome) => this.#outcomes.shift()?.(outcome as Outcome);
      case "qry":
        return (outcome, queryId) => {
          this.#byQuery.get(queryId as number)?.(outcome as Outcome);
          this.#byQuery.delete(queryId as number);
        };
      case "sub":
      case "ins":
      case "pub":
      case "clt":
      case "tim":
        return (message) => this.#keep(message);
    }
  }

  #asked(request: unknown): Promise<unknown> {
    this.#keep(request);
    if (this.#answer !== undefined) return Promise.resolve(this.#answer(request));
    const { promise, resolve } = deferred<unknown>();
    this.#unanswered.push((answer) => resolve(answer(request)));
    return promise;
  }

  #keep(message: unknown): void {
    this.#received.push(message);
    if (this.#received.length > RECEIVED_MAX) this.#received.shift();
  }
}

/** Lets cluster time go on until `work` is done. */
export type Run = <T>(work: Promise<T>) => Promise<T>;

/** The component of the test, and the test's hold on its ports. */
export function probeOf<P extends Ports>(
  ports: P,
  run: Run,
): { readonly definition: AnyDefinition; readonly probe: Probe<P> } {
  let calls: Calls = {};
  const ends = Object.entries(ports).map(
    ([name, port]) => [name, new ProbeEnd(name, port, () => calls, run)] as const,
  );
  const hasHandler = (name: string): boolean =>
    !["pub", "clt"].includes(ports[name]?.kind ?? "pub");
  const definition = component({
    name: PROBE,
    ports: ports as Ports,
    options: () => undefined,
    setup({ port }) {
      calls = port as Calls;
      const heard = ends.filter(([name]) => hasHandler(name));
      return Object.fromEntries(heard.map(([name, end]) => [`on_${name}`, end.handler()]));
    },
  });
  return { definition, probe: Object.fromEntries(ends) as unknown as Probe<P> };
}
