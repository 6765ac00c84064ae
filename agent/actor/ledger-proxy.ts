import type {
  FollowRequest,
  Hex,
  LedgerEvent,
  LedgerService,
  ReadOutcome,
  SubmitOutcome,
} from "../component/ledger-service.ts";
import { AgentError, ERROR_SENTENCES, type ErrorCode } from "../core/errors.ts";
import { hexOf } from "../core/hex.ts";
import type { Random } from "../core/random.ts";
import { aborted } from "../core/waiting.ts";
import type { LedgerCall, ToActor, ToAgent } from "./protocol.ts";

interface Waiting {
  readonly call: LedgerCall | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Reader {
  readonly message: Extract<ToAgent, { kind: "follow" }>;
  readonly deliver: (event: LedgerEvent) => Promise<void>;
  /** The event handed over last, and whether its handler still runs. */
  last: LedgerEvent | undefined;
  isRunning: boolean;
}

/** Requests that have an effect, which a repetition must not have twice. */
const NAMED: ReadonlySet<LedgerCall["operation"]> = new Set(["submit", "transfer"]);
const NAME_BYTES = 8;

/**
 * The ledger as an actor sees it: every request goes to the agent of its board, which signs.
 *
 * The agent may die and another take over: what waits is then asked again, and an event that comes a
 * second time is not handled a second time.
 */
export class LedgerProxy implements LedgerService {
  readonly #send: (message: ToAgent) => void;
  readonly #random: Random | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #readers = new Map<number, Reader>();
  readonly #nextId: () => number;
  #lifeName: string | undefined;

  /**
   * @param random where agents may follow each other: requests without a key get one, so that none is done twice.
   * @param nextId numbers calls and readers; shared when others use the actor's channel too.
   */
  constructor(send: (message: ToAgent) => void, random?: Random, nextId = counter()) {
    this.#send = send;
    this.#nextId = nextId;
    this.#random = random;
  }

  /** Takes in what concerns the ledger; anything else is left to others. */
  receive(message: ToActor): void {
    if (message.kind === "ledger-result") this.#settle(message.callId)?.resolve(message.value);
    else if (message.kind === "ledger-fault")
      this.#settle(message.callId)?.reject(faultOf(message.code, message.facts));
    else if (message.kind === "event") void this.#deliver(message.readerId, message.event);
  }

  /** Asks an agent that has taken over for all that waits, under the same numbers and keys. */
  repeat(): void {
    for (const { message } of this.#readers.values()) this.#send(message);
    for (const { call } of this.#waiting.values()) if (call !== undefined) this.#send(call);
  }

  open(account: string): Promise<Hex> {
    return this.#call("open", account, undefined) as Promise<Hex>;
  }
  deploy(account: string, request: unknown): Promise<SubmitOutcome> {
    return this.#call("deploy", account, request) as Promise<SubmitOutcome>;
  }
  submit(account: string, request: unknown): Promise<SubmitOutcome> {
    return this.#call("submit", account, request) as Promise<SubmitOutcome>;
  }
  transfer(account: string, request: unknown): Promise<SubmitOutcome> {
    return this.#call("transfer", account, request) as Promise<SubmitOutcome>;
  }
  read(account: string, request: unknown): Promise<ReadOutcome> {
    return this.#call("read", account, request) as Promise<ReadOutcome>;
  }
  signDigest(account: string, digest: Uint8Array): Promise<Uint8Array> {
    return this.#call("signDigest", account, digest) as Promise<Uint8Array>;
  }

  async follow(
    account: string,
    request: FollowRequest,
    deliver: (event: LedgerEvent) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const readerId = this.#nextId();
    const message = { kind: "follow", readerId, account, request } as const;
    this.#readers.set(readerId, { message, deliver, last: undefined, isRunning: false });
    const refused = new Promise<void>((_, reject) => {
      this.#waiting.set(readerId, { call: undefined, resolve: () => undefined, reject });
    });
    this.#send(message);
    try {
      await Promise.race([aborted(signal), refused]);
    } finally {
      this.#readers.delete(readerId);
      this.#waiting.delete(readerId);
    }
  }

  #call(operation: LedgerCall["operation"], account: string, asked: unknown): Promise<unknown> {
    const callId = this.#nextId();
    const request = NAMED.has(operation) ? this.#named(callId, asked) : asked;
    const call: LedgerCall = { kind: "ledger", callId, operation, account, request };
    return new Promise((resolve, reject) => {
      this.#waiting.set(callId, { call, resolve, reject });
      this.#send(call);
    });
  }

  /** `request` with a key, unique among all that this and other incarnations ever ask. */
  #named(callId: number, asked: unknown): unknown {
    const request = asked as { readonly key?: string };
    if (this.#random === undefined || request.key !== undefined) return asked;
    this.#lifeName ??= hexOf(this.#random.bytes(NAME_BYTES));
    return { ...request, key: `once-${this.#lifeName}-${callId}` };
  }

  #settle(callId: number): Waiting | undefined {
    const waiting = this.#waiting.get(callId);
    this.#waiting.delete(callId);
    return waiting;
  }

  async #deliver(readerId: number, event: LedgerEvent): Promise<void> {
    const reader = this.#readers.get(readerId);
    if (reader === undefined) return;
    if (isAfter(event, reader.last)) {
      reader.last = event;
      reader.isRunning = true;
      await reader.deliver(event);
      reader.isRunning = false;
    } else if (reader.isRunning) return; // the one that runs will say when it has ended
    this.#send({ kind: "event-done", readerId });
  }
}

function counter(): () => number {
  let last = 0;
  return () => ++last;
}

/** Events come in the order of the chain: one that does not has come before. */
function isAfter(event: LedgerEvent, last: LedgerEvent | undefined): boolean {
  if (last === undefined || event.blockNumber > last.blockNumber) return true;
  return event.blockNumber === last.blockNumber && event.logIndex > last.logIndex;
}

/** A fault as the agent told it; codes cross the channel as text. */
function faultOf(code: string, facts: Readonly<Record<string, string | number>>): Error {
  if (code in ERROR_SENTENCES) return new AgentError(code as ErrorCode, { ...facts });
  return new Error(`the agent failed: ${code} ${JSON.stringify(facts)}`);
}
