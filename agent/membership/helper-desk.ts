import { NACK_AFTER_MS, WINDOW_MS } from "./timing.ts";

/** Most questions of others at once; further ones are not taken. */
const QUESTIONS_MAX = 256;
/** Its nonces start here: those of the own probes stay below. */
const NONCE_MIN = 2 ** 31;

/** A question that another board has asked. */
export interface Question {
  /** Where the answer goes. */
  readonly asker: string;
  readonly target: string;
  /** The asker's own. */
  readonly nonce: number;
}

/** Pings on behalf of others: who waits for what. Pure. */
export class HelperDesk {
  readonly #questions = new Map<
    number,
    { readonly question: Question; readonly atMs: number; isRefused: boolean }
  >();
  #last = 0;

  /** When `due` wants to be asked next. */
  get nextMs(): number {
    for (const { atMs, isRefused } of this.#questions.values())
      if (!isRefused) return atMs + NACK_AFTER_MS;
    return Number.POSITIVE_INFINITY;
  }

  /** The nonce to ping the target with; undefined when there is too much to do. */
  take(question: Question, nowMs: number): number | undefined {
    for (const [nonce, { atMs }] of this.#questions)
      if (nowMs - atMs >= WINDOW_MS) this.#questions.delete(nonce);
    if (this.#questions.size >= QUESTIONS_MAX) return undefined;
    this.#last = (this.#last + 1) % NONCE_MIN;
    const nonce = NONCE_MIN + this.#last;
    this.#questions.set(nonce, { question, atMs: nowMs, isRefused: false });
    return nonce;
  }

  /** Who is to hear that `target` answered `nonce`. */
  answered(target: string, nonce: number): Question | undefined {
    const question = this.#questions.get(nonce)?.question;
    if (question?.target !== target) return undefined;
    this.#questions.delete(nonce);
    return question;
  }

  /** Who is to hear that there is no answer yet; each once. */
  due(nowMs: number): Question[] {
    const refused: Question[] = [];
    for (const each of this.#questions.values()) {
      if (nowMs - each.atMs < NACK_AFTER_MS) break;
      if (!each.isRefused) refused.push(each.question);
      each.isRefused = true;
    }
    return refused;
  }
}
