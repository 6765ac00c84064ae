import type { Random } from "../core/random.ts";
import {
  HEALTH_SCORE_MAX,
  helpersAt,
  PATIENCE_MS,
  PROBE_INTERVAL_MS,
  RETRY_INTERVAL_MS,
  SUSPECT_AFTER_MS,
  WATCHED_COUNT,
  windowMs,
} from "./timing.ts";

/** What the owner of the rule has to do. */
export type ProbeAction =
  /** Ping `target`; `attempt` counts from 0, and picks one of its addresses. */
  | {
      readonly kind: "ping";
      readonly target: string;
      readonly nonce: number;
      readonly attempt: number;
    }
  /** Ask `helperCount` others to ping it. */
  | {
      readonly kind: "ask";
      readonly target: string;
      readonly nonce: number;
      readonly helperCount: number;
    }
  /** It has not answered for SUSPECT_AFTER_MS: tell everybody. */
  | { readonly kind: "suspect"; readonly target: string }
  /** It has not answered within the window. */
  | { readonly kind: "lost"; readonly target: string };

/** What the newest probe adds to the rate of retries: it follows within some twenty probes. */
const RATE_SHARE = 0.05;

interface Probe {
  readonly nonce: number;
  startedMs: number;
  /** The window in which it has to answer. */
  readonly windowMs: number;
  nextMs: number;
  attempt: number;
  isSuspect: boolean;
  /** Something came from a helper: this board's own ears are well. */
  hasHeardHelper: boolean;
}

/**
 * When to ping whom, when to ask others, and when to give up. Pure: told the time and the boards to watch.
 * Health: Lifeguard's local health multiplier; a board that hears neither answers nor refusals from
 * helpers suspects itself, and has more patience with others. Source: see timing.ts.
 */
export class ProbeRule {
  readonly #probes = new Map<string, Probe>();
  #nextMs: number;
  readonly #random: Random;
  #turn: number;
  #lastNonce = 0;
  #healthScore = 0;
  #retryRate = 0;

  /** @param random keeps boards that were started together from probing in step. */
  constructor(nowMs: number, random: Random) {
    this.#random = random;
    this.#nextMs = nowMs + PROBE_INTERVAL_MS * random.next();
    this.#turn = Math.floor(WATCHED_COUNT * random.next());
  }

  /** 0: well. */
  get healthScore(): number {
    return this.#healthScore;
  }

  /** The window of a probe that begins now. */
  get windowMs(): number {
    return windowMs(this.#healthScore, this.#retryRate);
  }

  /** When `due` wants to be asked next. */
  get nextMs(): number {
    let nextMs = this.#nextMs;
    for (const probe of this.#probes.values())
      nextMs = Math.min(nextMs, probe.nextMs, probe.startedMs + probe.windowMs);
    return nextMs;
  }

  /** A sign that this board itself is slow, or deaf. */
  feelsIll(): void {
    this.#healthScore = Math.min(HEALTH_SCORE_MAX, this.#healthScore + 1);
  }

  /** Nobody was heard, and nothing asked, for `durationMs`: no time has passed. */
  stoodStill(durationMs: number): void {
    for (const probe of this.#probes.values()) probe.startedMs += durationMs;
    this.feelsIll();
  }

  /**
   * What is due at `nowMs`. @param watched the boards to watch now, in any order, WATCHED_COUNT at most.
   */
  due(nowMs: number, watched: readonly string[]): ProbeAction[] {
    const actions: ProbeAction[] = [];
    for (const [target, probe] of this.#probes) this.#continue(target, probe, nowMs, actions);
    if (nowMs < this.#nextMs) return actions;
    // A board that was late does not catch up: it would only ask itself the same again.
    const intervalMs = PROBE_INTERVAL_MS * (0.9 + 0.2 * this.#random.next());
    this.#nextMs = Math.max(this.#nextMs + intervalMs, nowMs + PROBE_INTERVAL_MS / 2);
    // With fewer boards to watch, some turns are nobody's: each is probed once in so many turns anyway.
    const target = watched[this.#turn % Math.max(watched.length, 1)];
    this.#turn = (this.#turn + 1) % (WATCHED_COUNT * 1_000);
    if (target !== undefined) actions.push(...this.look(target, nowMs));
    return actions;
  }

  /** Begins a probe of `target`, unless one is under way. @param startedMs when its window began; default now. */
  look(target: string, nowMs: number, startedMs = nowMs): ProbeAction[] {
    if (this.#probes.has(target)) return [];
    this.#lastNonce = (this.#lastNonce + 1) % 2 ** 31;
    const nonce = this.#lastNonce;
    this.#probes.set(target, {
      ...{ nonce, startedMs, windowMs: this.windowMs },
      ...{ nextMs: nowMs + PATIENCE_MS, attempt: 0, isSuspect: false, hasHeardHelper: false },
    });
    return [{ kind: "ping", target, nonce, attempt: 0 }];
  }

  /** `target` answered the question `nonce`, directly or through a helper; false when nobody had asked. */
  answered(target: string, nonce: number): boolean {
    const probe = this.#probes.get(target);
    if (probe?.nonce !== nonce) return false;
    this.#retryRate += RATE_SHARE * ((probe.attempt > 0 ? 1 : 0) - this.#retryRate);
    this.#probes.delete(target);
    this.#healthScore = Math.max(0, this.#healthScore - 1);
    return true;
  }

  /** A helper answered that it got no answer. */
  refused(target: string, nonce: number): void {
    const probe = this.#probes.get(target);
    if (probe?.nonce === nonce) probe.hasHeardHelper = true;
  }

  /** `target` is gone, or another incarnation. */
  forget(target: string): void {
    this.#probes.delete(target);
  }

  /** Tries all that are under way at once: the network may be another. */
  hurry(nowMs: number): void {
    for (const probe of this.#probes.values()) probe.nextMs = nowMs;
    this.#nextMs = nowMs;
  }

  #continue(target: string, probe: Probe, nowMs: number, actions: ProbeAction[]): void {
    const elapsedMs = nowMs - probe.startedMs;
    if (elapsedMs >= probe.windowMs) {
      this.#probes.delete(target);
      if (!probe.hasHeardHelper) this.feelsIll();
      actions.push({ kind: "lost", target });
      return;
    }
    if (elapsedMs >= SUSPECT_AFTER_MS && !probe.isSuspect) {
      probe.isSuspect = true;
      actions.push({ kind: "suspect", target });
    }
    if (nowMs < probe.nextMs) return;
    probe.attempt += 1;
    probe.nextMs = nowMs + RETRY_INTERVAL_MS;
    const { nonce, attempt } = probe;
    actions.push({ kind: "ping", target, nonce, attempt });
    const helperCount = helpersAt(attempt);
    if (helperCount > 0) actions.push({ kind: "ask", target, nonce, helperCount });
  }
}
