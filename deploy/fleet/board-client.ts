import type { Identity } from "../../agent/core/identity.ts";
import type { WireClient } from "../../agent/core/wire.ts";
import type { World } from "../../agent/core/world.ts";
import {
  type Command,
  decodeReply,
  encode,
  type Greeting,
  type Reply,
  type Request,
  signCommand,
} from "../../agent/deployment/protocol.ts";

/** What became of a request: what the board said, or that it said nothing. */
export type Answer = Reply | { readonly kind: "silent"; readonly detail: string };

/** A board that was found. */
export interface FoundBoard {
  readonly board: string;
  /** Of its deployment manager. */
  readonly endpoint: string;
}

/** Installing may take long: an SD card writes a few MiB a second. */
const TIMEOUT_MS = 60_000;
const GREETING_TIMEOUT_MS = 5_000;

/** A controller's line to one board: every command signed, for this board, in this session, once. */
export class BoardClient implements AsyncDisposable {
  readonly board: string;
  readonly endpoint: string;
  readonly #client: WireClient;
  readonly #signer: Identity;
  #greeting: Greeting | undefined;
  #lastNumber = 0;

  constructor({ wire }: Pick<World, "wire">, { board, endpoint }: FoundBoard, signer: Identity) {
    this.board = board;
    this.endpoint = endpoint;
    this.#client = wire.client(endpoint);
    this.#signer = signer;
  }

  /** Opens a session; what the board says of itself, or why it says nothing. */
  async greet(): Promise<Greeting | Extract<Answer, { kind: "silent" }>> {
    const answer = await this.#ask({ kind: "hello" }, GREETING_TIMEOUT_MS);
    if (answer.kind !== "greeting")
      return answer.kind === "silent" ? answer : { kind: "silent", detail: "it greets no one" };
    this.#greeting = answer.greeting;
    this.#lastNumber = 0;
    return answer.greeting;
  }

  /** Gives a command, greeting first where that has not been done. */
  async command(command: Command, timeoutMs = TIMEOUT_MS): Promise<Answer> {
    const greeting = this.#greeting ?? (await this.greet());
    if ("kind" in greeting) return greeting;
    const { challenge } = greeting;
    this.#lastNumber += 1;
    const body = { board: this.board, challenge, number: this.#lastNumber, command };
    return this.#ask(signCommand(body, this.#signer), timeoutMs);
  }

  /** Hands over a chunk that the board misses. */
  put(bytes: Uint8Array): Promise<Answer> {
    return this.#ask({ kind: "put", bytes }, TIMEOUT_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  async #ask(request: Request, timeoutMs: number): Promise<Answer> {
    const answer = await this.#client.request(encode(request), timeoutMs);
    if (answer.kind === "none") {
      const { reason } = answer;
      const detail = reason === "timeout" ? `no answer within ${timeoutMs} ms` : `line ${reason}`;
      return { kind: "silent", detail };
    }
    return decodeReply(answer.frame) ?? { kind: "silent", detail: "an answer that makes no sense" };
  }
}

/** An answer that was not hoped for, in words. */
export function complaintOf(answer: Answer): string {
  if (answer.kind === "refused") return `${answer.code}: ${answer.detail}`;
  return answer.kind === "silent" ? answer.detail : `unexpected answer ${answer.kind}`;
}
