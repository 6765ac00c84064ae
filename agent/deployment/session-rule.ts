import { hexOf } from "../core/hex.ts";

/** Sessions that a board keeps; those in which nobody signed yet go first, then the one silent for longest. */
export const SESSIONS_MAX = 64;
/** A session ends when nothing was heard in it for so long, in ms. */
export const SESSION_MS_MAX = 600_000;

interface Session {
  /** Of the key that spoke first in it; nobody else speaks in it. */
  key: string | undefined;
  lastNumber: number;
  heardMs: number;
}

/**
 * Which commands are new. A board gives each controller a challenge of its own chance; a command names it
 * and a number that grows. So no command counts twice, none counts on another board or after a restart,
 * and no clock is needed, which a board may not have. Pure.
 */
export class SessionRule {
  readonly #sessions = new Map<string, Session>();

  /** Opens a session. */
  open(challenge: Uint8Array, nowMs: number): void {
    this.#expire(nowMs);
    if (this.#sessions.size >= SESSIONS_MAX) {
      const worth = ({ key, heardMs }: Session): number => heardMs + (key === undefined ? 0 : 1e12);
      const [least] = [...this.#sessions].sort(([, one], [, other]) => worth(one) - worth(other));
      if (least !== undefined) this.#sessions.delete(least[0]);
    }
    this.#sessions.set(hexOf(challenge), { key: undefined, lastNumber: 0, heardMs: nowMs });
  }

  /** Whether the command with this number, signed by `key`, is new; it is not any more afterwards. */
  accept(challenge: Uint8Array, number: number, key: string, nowMs: number): boolean {
    this.#expire(nowMs);
    const session = this.#sessions.get(hexOf(challenge));
    if (session === undefined || number <= session.lastNumber) return false;
    if (session.key !== undefined && session.key !== key) return false;
    Object.assign(session, { key, lastNumber: number, heardMs: nowMs } satisfies Session);
    return true;
  }

  #expire(nowMs: number): void {
    for (const [name, { heardMs }] of this.#sessions)
      if (nowMs - heardMs > SESSION_MS_MAX) this.#sessions.delete(name);
  }
}
