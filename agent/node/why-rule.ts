import type { LinkFault, LinkState } from "../core/wire.ts";

/** One reason why a port has not all the peers that it is to have; each with what it depends on. */
export type Reason =
  /** Its own actor does not run: its `state`. */
  | { readonly kind: "actor-down"; readonly state: string }
  /** Its own actor runs, and does not answer: it hangs, or computes. */
  | { readonly kind: "actor-silent" }
  /** The port is in the model, and its actor has not opened it: such as a group that was not joined. */
  | { readonly kind: "not-opened" }
  /** The deployment places nobody who provides it. */
  | { readonly kind: "not-in-deployment"; readonly topic: string }
  /** Who provides it does so for its own board, or actor, alone. */
  | ({ readonly kind: "local-elsewhere" } & Who)
  /** No other member of the group is known. */
  | { readonly kind: "group-alone" }
  /** The board of a provider is not there. */
  | ({ readonly kind: "board-absent" } & Who)
  /** Somebody speaks with another key than the board's; it is not heard. */
  | ({ readonly kind: "board-imposter"; readonly from: string } & Who)
  /** Its key is not on the list of those that are trusted. */
  | ({ readonly kind: "board-stranger"; readonly from: string } & Who)
  /** The board runs another version of the application, or another application, or none. */
  | ({
      readonly kind: "version";
      readonly own: string;
      readonly theirs: string | null;
    } & Who)
  /** The board is there, and its actor has not said that it provides. */
  | ({ readonly kind: "provider-down" } & Who)
  /** Provided under the same names; the shapes of these messages differ. */
  | {
      readonly kind: "type";
      readonly board: string | null;
      readonly endpoint: string;
      readonly messages: readonly {
        readonly message: string;
        readonly own: string;
        readonly theirs: string;
      }[];
    }
  | ({ readonly kind: "key-refused" | "key-missing" | "key-absent" } & Where)
  /** A filter forbids it. */
  | ({ readonly kind: "policy" } & Where)
  /** No way leads there: another segment, or an address that holds on its own board alone. */
  | ({ readonly kind: "segment" } & Where)
  | ({
      readonly kind: "unreachable";
      readonly fault: Exclude<LinkFault, `key-${string}` | "forbidden" | "no-route">;
    } & Where)
  /** The first attempt is under way. */
  | ({ readonly kind: "connecting" } & Where)
  /** The board has just heard of it. */
  | ({ readonly kind: "being-told" } & Where)
  /** The port sends cluster time, of which this board knows too little; null: nothing. */
  | { readonly kind: "clock"; readonly boundUs: number | null };

interface Who {
  readonly board: string;
  /** Where the deployment has the provider: actor and port, such as "s.source.tick". */
  readonly provider: string;
}

interface Where {
  /** Null: of a board that is no longer known, or of a program that is not ours. */
  readonly board: string | null;
  readonly endpoint: string;
}

/** How another board looks from here. */
export interface BoardFacts {
  readonly state: "present" | "absent" | "imposter" | "stranger";
  /** Where the imposter's or stranger's packets come from; else empty. */
  readonly from: string;
  /** Of the port's application; null: it runs another one, or none. */
  readonly version: string | null;
}

/** All that is known of one port that connects to others. */
export interface PortFacts {
  readonly board: string;
  /** As the model has it, or "group". */
  readonly kind: string;
  readonly topic: string;
  readonly variant: string;
  readonly isTimed: boolean;
  readonly links: readonly LinkState[];
  /** Endpoints that are known under its key. */
  readonly known: readonly Where[];
  /** Others under the same topic. */
  readonly others: readonly (Where & { readonly variant: string })[];
  /** What the deployment places under the same topic, elsewhere than in this port's own actor too. */
  readonly expected: readonly Who[];
  /** What it places under the same messages, and does not leave its board or actor. */
  readonly local: readonly Who[];
  readonly boardOf: (board: string) => BoardFacts;
  /** Of the port's application on this board. */
  readonly version: string;
  /** How far this board's clock may be off, in µs; null: nobody knows. */
  readonly clockBoundUs: number | null;
}

/** How a port stands, and why not better. */
export interface Standing {
  readonly state: "connected" | "partly" | "unconnected";
  readonly reasons: readonly Reason[];
}

/** A clock that may be off by more is no use to compare times with, in µs. */
export const CLOCK_BOUND_US_MAX = 1_000_000;

/** From facts to reasons. Invariant: a port that is not connected has one at least. Pure. */
export function standingOf(facts: PortFacts): Standing {
  const { kind, links, isTimed, clockBoundUs } = facts;
  const connectedCount = links.filter(({ state }) => state === "connected").length;
  const needsOne = kind === "clt" || kind === "req" || kind === "qry" || kind === "group";
  const missing =
    connectedCount > 0 && needsOne ? [] : [...typeReasons(facts), ...missingReasons(facts)];
  const reasons: Reason[] = [...linkReasons(facts), ...missing];
  if (reasons.length === 0 && connectedCount === 0) reasons.push(nobody(facts));
  const state = connectedCount === 0 ? "unconnected" : reasons.length > 0 ? "partly" : "connected";
  if (isTimed && (clockBoundUs === null || clockBoundUs > CLOCK_BOUND_US_MAX))
    reasons.push({ kind: "clock", boundUs: clockBoundUs });
  return { state, reasons };
}

function nobody({ kind, local, topic }: PortFacts): Reason {
  if (kind === "group") return { kind: "group-alone" };
  const [first] = local;
  return first === undefined
    ? { kind: "not-in-deployment", topic }
    : { kind: "local-elsewhere", ...first };
}

function linkReasons({ links, known, kind, board: own }: PortFacts): readonly Reason[] {
  const boards = new Map(known.map(({ endpoint, board }) => [endpoint, board]));
  const told = new Set(links.map(({ endpoint }) => endpoint));
  // A group knows its own endpoint too, and does not connect to it.
  const untold = kind === "group" ? [] : known.filter(({ endpoint }) => !told.has(endpoint));
  return [
    ...links.flatMap(({ endpoint, state, fault }): Reason[] => {
      const board = boards.get(endpoint) ?? null;
      if (state === "connected") return [];
      if (board !== null && board !== own && isLoopback(endpoint))
        return [{ kind: "segment", board, endpoint }];
      return [
        fault === null
          ? { kind: "connecting", board, endpoint }
          : faultReason(fault, { board, endpoint }),
      ];
    }),
    ...untold.map(({ endpoint, board }): Reason => ({ kind: "being-told", endpoint, board })),
  ];
}

function faultReason(fault: LinkFault, where: Where): Reason {
  switch (fault) {
    case "key-refused":
    case "key-missing":
    case "key-absent":
      return { kind: fault, ...where };
    case "forbidden":
      return { kind: "policy", ...where };
    case "no-route":
      return { kind: "segment", ...where };
    case "refused":
    case "silent":
    case "broken":
    case "no-address":
      return { kind: "unreachable", fault, ...where };
  }
}

/** An address that means the host that reads it. */
function isLoopback(endpoint: string): boolean {
  return /^tcp:\/\/(127\.|\[::1\]|localhost)/.test(endpoint);
}

function typeReasons({ others, topic, variant }: PortFacts): readonly Reason[] {
  const names = (topic.split("@")[0] ?? "").split("/").slice(2).join("/").split("#");
  const own = variant.split("#");
  return others.map(({ board, endpoint, variant: other }) => {
    const theirs = other.split("#");
    const messages = names.flatMap((message, index) => {
      const pair = { own: own[index] ?? "", theirs: theirs[index] ?? "" };
      return pair.own === pair.theirs ? [] : [{ message, ...pair }];
    });
    return { kind: "type", board, endpoint, messages };
  });
}

/** Providers that the deployment has and of which nothing is known: board by board. */
function missingReasons({
  expected,
  known,
  others,
  boardOf,
  board: own,
  version,
}: PortFacts): readonly Reason[] {
  const boards = [...new Set(expected.map(({ board }) => board))];
  return boards.flatMap((board): Reason[] => {
    const here = expected.filter((each) => each.board === board);
    const saidCount = [...known, ...others].filter((each) => each.board === board).length;
    if (saidCount >= here.length) return [];
    const { state, from, version: theirs } = boardOf(board);
    return here.slice(saidCount).map((who): Reason => {
      if (board !== own && state === "absent") return { kind: "board-absent", ...who };
      if (state === "imposter" || state === "stranger")
        return { kind: `board-${state}`, from, ...who };
      if (board !== own && theirs !== version)
        return { kind: "version", own: version, theirs, ...who };
      return { kind: "provider-down", ...who };
    });
  });
}
