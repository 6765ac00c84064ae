import type { Switchboard } from "../core/switchboard.ts";
import type { World } from "../core/world.ts";
import { Dht, type DhtParts } from "../dht/dht.ts";
import { idOfPublicKey } from "../dht/ids.ts";
import type { DhtSnapshot } from "../dht/inspect.ts";
import { Membership, type MembershipCounters } from "../membership/membership.ts";
import type { Member, MembershipEvent } from "../membership/membership-event.ts";
import type { Trust } from "../membership/trust-rule.ts";
import { pacedClock } from "./paced-clock.ts";
import type { PlaceOf } from "./place.ts";
import { Registry } from "./registry.ts";

/** How boards find each other. */
export interface DiscoveryOptions {
  /** Unique in the cluster. */
  readonly boardId: string;
  /** Boards of other clusters on the same network are not heard. */
  readonly cluster: string;
  /** Port of the beacons, the same on every board. */
  readonly beaconUdpPort: number;
  /** The board's one socket for datagrams. */
  readonly switchboard: Switchboard;
  /** host:port of boards to try where no broadcast reaches; default none. */
  readonly seeds?: readonly string[];
  /** Whose word counts; default: whoever uses a name first keeps it. */
  readonly trust?: Trust;
  /** Where keys are said; default: each is a topic. */
  readonly placeOf?: PlaceOf;
  /** What stays known of a board that fell silent; default nothing. */
  readonly linger?: Linger;
  /**
   * Boards watch over each other so many times as slowly, and with as much less traffic; default 1: a loss is
   * known within 2 s. For clusters in which nobody waits for a loss. Those who join are known at once all the same.
   */
  readonly pace?: number;
}

/** An agent may be dead while what its board provides goes on. */
export interface Linger {
  /** Whether a provider is still asked for under this key: such as publishers, whom nobody waits for. */
  readonly keeps: (key: string) => boolean;
  /** For how long after the loss, in ms. */
  readonly durationMs: number;
}

/** What follows from what was heard, or from silence. */
export type BoardEvent =
  /** A board, or a new incarnation of it, is there. */
  | { readonly kind: "joined"; readonly boardId: string }
  /** Its addresses have changed. */
  | { readonly kind: "changed"; readonly boardId: string }
  /** It said goodbye, fell silent, or was replaced by its next incarnation. */
  | { readonly kind: "gone"; readonly boardId: string; readonly why: "left" | "lost" | "replaced" }
  /** Somebody speaks with another key as `boardId`. */
  | { readonly kind: "imposter"; readonly boardId: string; readonly from: string };

/** Where beacons go unless the deployment says otherwise. */
export const BEACON_UDP_PORT = 15_670;
/** After so long everybody who is there has been heard, in ms. */
export const SETTLE_MS = 2_000;
/** A board that begins anew has said what it provides within this time, in ms. */
const RENEWAL_MS = 2_000;
/** After others took this board for dead they have taken it back within this time, in ms. */
const SAY_AGAIN_MS = 100;

type Parts = DhtParts & Pick<World, "lan" | "log" | "clock"> & Partial<Pick<World, "nics">>;

/**
 * Who is there, and who provides what: membership and the registry of the cluster, as one.
 *
 * Nothing polls. What membership says of boards the DHT learns at once, so it knows the keepers of every
 * key without asking, and drops what the dead had said.
 */
export class Discovery {
  readonly registry: Registry;
  readonly membership: Membership;
  readonly #world: Parts;
  readonly #options: DiscoveryOptions;
  readonly #dht: Dht;
  readonly #tell: (event: BoardEvent) => void;
  readonly #members = new Map<string, Member>();
  readonly #over = new AbortController();
  #isSayingAgain = false;
  /** Boards of which something old is believed, and when no more. */
  readonly #doubted = new Map<string, AbortController>();

  /** @throws RangeError for names, addresses or seeds out of their range. */
  constructor(
    world: Omit<Parts, "port">,
    options: DiscoveryOptions,
    tell: (event: BoardEvent) => void,
  ) {
    const { boardId, cluster, beaconUdpPort, switchboard, seeds = [], placeOf, pace = 1 } = options;
    const { trust = { kind: "open", keyOf: new Map<string, string>() } } = options;
    this.#world = { ...world, port: switchboard };
    this.#options = options;
    this.#tell = tell;
    // Agents that share one machine have one address, and would share the budget of one host.
    const shared = switchboard.address.startsWith("127.") ? { hostCostPerSecond: 400_000 } : {};
    this.#dht = new Dht(this.#world, { cluster, ...shared });
    this.registry = new Registry(this.#dht, placeOf);
    this.membership = new Membership(
      { ...world, clock: pacedClock(world.clock, pace) },
      { boardId, cluster, beaconUdpPort, switchboard, seeds, trust },
      (event) => this.#happened(event),
    );
  }

  /** The registry's inside, as plain data. */
  inspect(): DhtSnapshot {
    return this.#dht.inspect();
  }

  /** What membership has counted. */
  get counters(): MembershipCounters {
    return this.membership.counters;
  }

  /** Runs until `signal` aborts; resolves when the goodbyes are said and all is closed. */
  async run(signal: AbortSignal): Promise<void> {
    // The registry says its goodbye while the others still take this board for a member.
    const over = this.#over;
    const belonging = this.membership.run(over.signal);
    await Promise.race([this.#dht.run(signal), belonging]);
    over.abort();
    await belonging;
    for (const doubted of this.#doubted.values()) doubted.abort();
  }

  #happened(event: MembershipEvent): void {
    if (event.kind === "mistaken") {
      this.#sayAgainSoon();
      return;
    }
    if (event.kind === "imposter") {
      this.#tell({ kind: "imposter", boardId: event.boardId, from: event.from });
      return;
    }
    const { boardId } = event;
    if (event.kind === "gone") this.#gone(boardId, event.why);
    else this.#here(boardId);
    this.#tell(event);
  }

  /** Many hear of one mistake within milliseconds, and may tell of it as often as they like. */
  #sayAgainSoon(): void {
    if (this.#isSayingAgain) return;
    this.#isSayingAgain = true;
    void this.#world.clock.sleep(SAY_AGAIN_MS, this.#over.signal).then(() => {
      this.#isSayingAgain = false;
      if (!this.#over.signal.aborted) this.#dht.sayAgain();
    });
  }

  #here(boardId: string): void {
    const member = this.membership.member(boardId);
    if (member === undefined) return;
    this.#members.set(boardId, member);
    this.#dht.addContact(member);
    if (this.#doubted.has(boardId)) this.#forgetLater(member, RENEWAL_MS);
  }

  #gone(boardId: string, why: "left" | "lost" | "replaced"): void {
    const member = this.#members.get(boardId);
    if (member === undefined) return;
    this.#members.delete(boardId);
    const { linger } = this.#options;
    const ownerId = idOfPublicKey(member.publicKey);
    if (why === "replaced") this.registry.doubt(ownerId, () => true);
    else if (why === "lost" && linger !== undefined) this.registry.doubt(ownerId, linger.keeps);
    this.#dht.removeContact(member);
    if (why === "left") this.#forget(member);
    else if (why === "replaced") this.#forgetLater(member, RENEWAL_MS);
    else if (linger !== undefined) this.#forgetLater(member, linger.durationMs);
  }

  #forget({ boardId, publicKey }: Member): void {
    this.#doubted.get(boardId)?.abort();
    this.#doubted.delete(boardId);
    this.registry.forget(idOfPublicKey(publicKey));
  }

  #forgetLater(member: Member, durationMs: number): void {
    const { boardId } = member;
    this.#doubted.get(boardId)?.abort();
    const renewed = new AbortController();
    this.#doubted.set(boardId, renewed);
    void this.#world.clock.sleep(durationMs, renewed.signal).then(() => {
      if (!renewed.signal.aborted) this.#forget(member);
    });
  }
}
