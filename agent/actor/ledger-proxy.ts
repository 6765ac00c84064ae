import type {
  FollowRequest,
  Hex,
  LedgerEvent,
  LedgerService,
  ReadOutcome,
  SubmitOutcome,
} from "../component/ledger-service.ts";
import { AgentError, ERROR_SENTENCES, type ErrorCode } from "../core/errors.ts";
import { aborted } from "../core/waiting.ts";
import type { LedgerCall, ToActor, ToAgent } from "./protocol.ts";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The ledger as an actor sees it: every request goes to the agent of its board, which signs. */
export class LedgerProxy implements LedgerService {
  readonly #send: (message: ToAgent) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #readers = new Map<number, (event: LedgerEvent) => Promise<void>>();
  readonly #nextId: () => number;

  /** @param nextId numbers calls and readers, shared with all others that use the actor's channel. */
  constructor(send: (message: ToAgent) => void, nextId: () => number) {
    this.#send = send;
    this.#nextId = nextId;
  }

  /** Takes in what concerns the ledger; anything else is left to others. */
  receive(message: ToActor): void {
    if (message.kind === "ledger-result") this.#settle(message.callId)?.resolve(message.value);
    else if (message.kind === "ledger-fault")
      this.#settle(message.callId)?.reject(faultOf(message.code, message.facts));
    else if (message.kind === "event") void this.#deliver(message.readerId, message.event);
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
    this.#readers.set(readerId, deliver);
    const refused = new Promise<void>((_, reject) => {
      this.#waiting.set(readerId, { resolve: () => undefined, reject });
    });
    this.#send({ kind: "follow", readerId, account, request });
    try {
      await Promise.race([aborted(signal), refused]);
    } finally {
      this.#readers.delete(readerId);
      this.#waiting.delete(readerId);
    }
  }

  #call(operation: LedgerCall["operation"], account: string, request: unknown): Promise<unknown> {
    const callId = this.#nextId();
    return new Promise((resolve, reject) => {
      this.#waiting.set(callId, { resolve, reject });
      this.#send({ kind: "ledger", callId, operation, account, request });
    });
  }

  #settle(callId: number): Waiting | undefined {
    const waiting = this.#waiting.get(callId);
    this.#waiting.delete(callId);
    return waiting;
  }

  async #deliver(readerId: number, event: LedgerEvent): Promise<void> {
    const deliver = this.#readers.get(readerId);
    if (deliver === undefined) return;
    await deliver(event);
    this.#send({ kind: "event-done", readerId });
  }
}

/** A fault as the agent told it; codes cross the channel as text. */
function faultOf(code: string, facts: Readonly<Record<string, string | number>>): Error {
  if (code in ERROR_SENTENCES) return new AgentError(code as ErrorCode, { ...facts });
  return new Error(`the agent failed: ${code} ${JSON.stringify(facts)}`);
}
