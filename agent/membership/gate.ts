import { hexOf } from "../core/hex.ts";
import type { Identity } from "../core/identity.ts";
import { clusterTagOf, decodePacket, isSigned, type Packet, refusalAtSight } from "./packet.ts";
import { ReplayWindows } from "./replay-window.ts";
import { SourceBudget } from "./source-budget.ts";
import { judge, keep, type Trust } from "./trust-rule.ts";

/** Packets refused, by reason; accepted ones as `acceptedCount`. */
export interface GateCounters {
  acceptedCount: number;
  /** No packet at all, or damaged. */
  malformedCount: number;
  /** Of another version of the format. */
  versionCount: number;
  oversizedCount: number;
  foreignClusterCount: number;
  /** From a host that sends more than its share; see source-budget.ts. */
  tooManyCount: number;
  /** Not on the closed list, or one name too many. */
  strangerCount: number;
  /** Signed by another key than the name's. */
  imposterCount: number;
  /** Received before, or too old to know. */
  replayedCount: number;
  /** The signature is not that of the key. */
  forgedCount: number;
  /** Our own, come back. */
  ownCount: number;
}

/** What the gate makes of one packet. */
export type Verdict =
  | { readonly kind: "accepted"; readonly packet: Packet }
  /** Genuine, but its sender lives in a later incarnation by now, or does not know that it had one. */
  | { readonly kind: "outdated"; readonly packet: Packet }
  | { readonly kind: "imposter"; readonly packet: Packet }
  | undefined;

/** What one forged packet costs its source: as many as so many good ones. */
const FORGED_PRICE = 10;
const STRANGERS_MAX = 64;

/**
 * Refuses what is not for this board, cheap checks first and the signature last; each reason is counted
 * by its name. Pure but for the signature: told the time.
 */
export class Gate {
  readonly counters: GateCounters = {
    ...{ acceptedCount: 0, malformedCount: 0, versionCount: 0, oversizedCount: 0 },
    ...{ foreignClusterCount: 0, tooManyCount: 0, strangerCount: 0, imposterCount: 0 },
    ...{ replayedCount: 0, forgedCount: 0, ownCount: 0 },
  };
  readonly #own: { readonly boardId: string; readonly cluster: string; readonly keyHex: string };
  readonly #clusterTag: number;
  readonly #trust: Trust;
  readonly #identity: Identity;
  /** Where those who are on no list speak from, by the names they give; the first STRANGERS_MAX. Unproven. */
  readonly strangers = new Map<string, string>();
  readonly #windows = new ReplayWindows();
  readonly #budget = new SourceBudget();

  constructor(
    own: { readonly boardId: string; readonly cluster: string },
    trust: Trust,
    identity: Identity,
  ) {
    this.#own = { ...own, keyHex: hexOf(identity.publicKey) };
    this.#clusterTag = clusterTagOf(own.cluster);
    this.#trust = trust;
    this.#identity = identity;
  }

  /** Judges one payload that arrived from `fromHost`. */
  judge(payload: Uint8Array, fromHost: string, nowMs: number): Verdict {
    const { counters } = this;
    const refusal = refusalAtSight(payload, this.#clusterTag);
    if (refusal !== undefined) {
      counters[`${refusal}Count`] += 1;
      return undefined;
    }
    if (!this.#budget.take(fromHost, 1, nowMs)) {
      counters.tooManyCount += 1;
      return undefined;
    }
    const packet = decodePacket(payload);
    if (packet === undefined) {
      counters.malformedCount += 1;
      return undefined;
    }
    return this.#judgeSender(packet, payload, fromHost);
  }

  #judgeSender(packet: Packet, payload: Uint8Array, fromHost: string): Verdict {
    const { counters } = this;
    const { boardId, publicKey } = packet;
    const trust = this.#trustOf(packet);
    if (trust === "own" || trust === "stranger") {
      counters[`${trust}Count`] += 1;
      if (trust === "stranger" && this.strangers.size < STRANGERS_MAX)
        this.strangers.set(boardId, fromHost);
      return undefined;
    }
    const age = trust === "imposter" ? "new" : this.#windows.look(packet);
    if (age === "replayed") {
      counters.replayedCount += 1;
      return undefined;
    }
    if (!isSigned(payload, publicKey, this.#own.cluster, this.#identity)) {
      counters.forgedCount += 1;
      this.#budget.charge(fromHost, FORGED_PRICE);
      return undefined;
    }
    if (trust === "imposter") {
      counters.imposterCount += 1;
      return { kind: "imposter", packet };
    }
    if (age === "outdated") {
      counters.replayedCount += 1;
      return { kind: "outdated", packet };
    }
    keep(this.#trust, boardId, publicKey);
    this.#windows.mark(packet);
    counters.acceptedCount += 1;
    return { kind: "accepted", packet };
  }

  #trustOf({ boardId, publicKey }: Packet): "own" | "trusted" | "imposter" | "stranger" {
    if (boardId !== this.#own.boardId) return judge(this.#trust, boardId, publicKey);
    return hexOf(publicKey) === this.#own.keyHex ? "own" : "imposter";
  }
}
