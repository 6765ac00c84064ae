import type { LedgerCall, ToActor, ToAgent } from "../actor/protocol.ts";
import type { FollowRequest, LedgerEvent, LedgerService } from "../component/ledger-service.ts";
import { AgentError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { aborted, type Deferred, deferred } from "../core/waiting.ts";

/** What the bridge between one actor and the board's ledger manager is given. */
export interface BridgeParts {
  readonly ledger: LedgerService | undefined;
  readonly send: (message: ToActor) => void;
  readonly log: Log;
  /** Aborts when the actor has ended. */
  readonly signal: AbortSignal;
}

type LedgerMessage = Extract<ToAgent, { kind: "ledger" | "follow" | "event-done" }>;

/** Answers the ledger requests of one actor. */
export function serveLedger(parts: BridgeParts): (message: LedgerMessage) => void {
  const waiting = new Map<number, Deferred<"done">>();
  return (message) => {
    switch (message.kind) {
      case "ledger":
        void answer(parts, message);
        break;
      case "follow":
        void follow(parts, waiting, message);
        break;
      case "event-done":
        waiting.get(message.readerId)?.resolve("done");
        waiting.delete(message.readerId);
        break;
    }
  };
}

async function answer(parts: BridgeParts, call: LedgerCall): Promise<void> {
  const { ledger, send } = parts;
  const { callId, operation, account, request } = call;
  try {
    if (ledger === undefined) throw new AgentError("LEDGER_ABSENT", { account });
    const value: unknown = await ledger[operation](account, request as never);
    send({ kind: "ledger-result", callId, value });
  } catch (error) {
    refuse(parts, { callId, operation, account }, error);
  }
}

/** The component made the request: the fault is handed back to it, where it crashes the actor. */
function refuse(
  { send, log }: BridgeParts,
  what: { readonly callId: number; readonly operation: string; readonly account: string },
  error: unknown,
): void {
  const { callId, operation, account } = what;
  log.write("error", "ledger-request-failed", { account, operation, reason: String(error) });
  if (error instanceof AgentError)
    send({ kind: "ledger-fault", callId, code: error.code, facts: error.facts });
  else send({ kind: "ledger-fault", callId, code: String(error), facts: {} });
}

async function follow(
  parts: BridgeParts,
  waiting: Map<number, Deferred<"done">>,
  { readerId, account, request }: Extract<ToAgent, { kind: "follow" }>,
): Promise<void> {
  const { ledger, send, signal } = parts;
  const gone = aborted(signal).then(() => "gone" as const);
  const deliver = async (event: LedgerEvent): Promise<void> => {
    const done = deferred<"done">();
    waiting.set(readerId, done);
    send({ kind: "event", readerId, event });
    // An event whose actor died before its handler ended is not delivered: its next incarnation gets it.
    if ((await Promise.race([done.promise, gone])) === "gone") await new Promise(() => undefined);
  };
  try {
    if (ledger === undefined) throw new AgentError("LEDGER_ABSENT", { account });
    await ledger.follow(account, request as FollowRequest, deliver, signal);
  } catch (error) {
    refuse(parts, { callId: readerId, operation: "follow", account }, error);
  }
}
