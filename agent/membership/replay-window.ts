import type { Packet } from "./packet.ts";

/** Sequence numbers behind the highest that are still told apart; older ones count as replayed. */
const WINDOW_LENGTH = 64;
/** Most senders remembered; the one first heard gives way. */
const SENDERS_MAX = 8_192;

interface Window {
  readonly incarnation: number;
  highest: number;
  /** Bit n: `highest - n` was heard; two words of 32. */
  recent: number;
  older: number;
}

type Stamp = Pick<Packet, "boardId" | "incarnation" | "sequence">;

/**
 * Which packets of each sender were received before. Looking and marking are two steps: nobody marks what
 * nobody signed. Source: RFC 4303, appendix A2 (the anti-replay window of IPsec).
 */
export class ReplayWindows {
  readonly #windows = new Map<string, Window>();

  /** outdated: of an incarnation before the one that is known. */
  look({ boardId, incarnation, sequence }: Stamp): "new" | "replayed" | "outdated" {
    const window = this.#windows.get(boardId);
    if (window === undefined || incarnation > window.incarnation) return "new";
    if (incarnation < window.incarnation) return "outdated";
    const behind = window.highest - sequence;
    if (behind < 0) return "new";
    if (behind >= WINDOW_LENGTH) return "replayed";
    const bit = behind < 32 ? window.recent >>> behind : window.older >>> (behind - 32);
    return (bit & 1) === 1 ? "replayed" : "new";
  }

  /** Remembers a packet that is "new". */
  mark({ boardId, incarnation, sequence }: Stamp): void {
    const window = this.#windows.get(boardId);
    if (window?.incarnation !== incarnation) {
      this.#windows.delete(boardId);
      const oldest =
        this.#windows.size < SENDERS_MAX ? undefined : this.#windows.keys().next().value;
      if (oldest !== undefined) this.#windows.delete(oldest);
      this.#windows.set(boardId, { incarnation, highest: sequence, recent: 1, older: 0 });
      return;
    }
    const ahead = sequence - window.highest;
    if (ahead > 0) {
      shift(window, ahead);
      window.highest = sequence;
      window.recent |= 1;
    } else if (ahead > -32) window.recent |= 1 << -ahead;
    else window.older |= 1 << (-ahead - 32);
  }
}

function shift(window: Window, count: number): void {
  if (count < 32) {
    window.older = (window.older << count) | (window.recent >>> (32 - count));
    window.recent <<= count;
  } else {
    window.older = count < WINDOW_LENGTH ? window.recent << (count - 32) : 0;
    window.recent = 0;
  }
}
