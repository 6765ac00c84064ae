import type { Packr } from "msgpackr";
import { Packr as PlainPackr } from "msgpackr/pack";
import type { ActionMeeting } from "./action-rule.ts";
import type { GroupMessage } from "./group-message.ts";
import { VOTERS_MAX } from "./group-options.ts";
import { MEMBERS_MAX } from "./presence-table.ts";

/** What a component sends to others. */
export interface DataMessage {
  readonly kind: "data";
  /** toLeader: taken by the leader alone; fromLeader: its sender leads. */
  readonly role: "all" | "one" | "toLeader" | "fromLeader";
  readonly payload: Uint8Array;
  readonly sentUtcUs: number | undefined;
}

/** Signs of life. */
export type PresenceMessage =
  | { readonly kind: "alive"; readonly endpoint: string }
  | { readonly kind: "bye" };

/** How actions were met. */
export type ActionMessage =
  | ({ readonly kind: "acted"; readonly pollId: string; readonly atUtcUs: number } & ActionMeeting)
  /** From the leader: it has heard. */
  | { readonly kind: "noted"; readonly pollId: string };

/** One frame between members of one group. */
export interface GroupFrame {
  /** Names the group; frames of others are dropped. */
  readonly group: string;
  readonly from: string;
  readonly life: number;
  /** The sender's set of voters; "" when it knows none. */
  readonly set: string;
  /** "*": everybody. */
  readonly to: readonly string[];
  readonly message: GroupMessage | DataMessage | PresenceMessage | ActionMessage;
}

// Plain maps, in plain JavaScript: see agent/message.
const packr = new (PlainPackr as unknown as typeof Packr)({ useRecords: false });
const VERSION = 1;
const TEXT_MAX = 4_000;
const ENTRIES_MAX = 1_000;

/** Lays out plain data. */
export function pack(value: unknown): Uint8Array {
  return packr.pack(value);
}

/** Reads plain data; undefined for bytes that are none. */
export function unpack(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes);
  } catch {
    return undefined;
  }
}

/** Lays out a frame. */
export function encodeFrame({ group, from, life, set, to, message }: GroupFrame): Uint8Array {
  return pack([VERSION, group, from, life, set, to, message]);
}

/** The frame, or undefined for anything else. */
export function decodeFrame(bytes: Uint8Array): GroupFrame | undefined {
  const value = unpack(bytes);
  if (!Array.isArray(value) || value.length !== 7 || value[0] !== VERSION) return undefined;
  const [, group, from, life, set, to, message] = value as unknown[];
  const isWhole =
    isText(group) && isName(from) && isCount(life) && isText(set) && isNames(to, MEMBERS_MAX);
  if (!isWhole || typeof message !== "object" || message === null) return undefined;
  const fields = message as Fields;
  const kind = fields["kind"];
  if (typeof kind !== "string" || !Object.hasOwn(SHAPES, kind)) return undefined;
  const shape = SHAPES[kind as Kind];
  if (!Object.entries(shape).every(([name, check]) => check(fields[name]))) return undefined;
  return { group, from, life, set, to, message: fields as unknown as GroupFrame["message"] };
}

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;
type Kind = GroupFrame["message"]["kind"];

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= TEXT_MAX;
}

function isName(value: unknown): value is string {
  return isText(value) && value !== "" && value !== "*";
}

function isNames(value: unknown, countMax: number): value is readonly string[] {
  return Array.isArray(value) && value.length <= countMax && value.every(isText);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const isBytes: Check = (value) => value instanceof Uint8Array;
const isTruth: Check = (value) => typeof value === "boolean";
const isTime: Check = (value) => typeof value === "number" && Number.isFinite(value);
const isOptional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isOneOf =
  (...words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value);
const isList =
  (check: Check, countMax: number): Check =>
  (value) =>
    Array.isArray(value) && value.length <= countMax && value.every(check);
const isRecord =
  (shape: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(shape).every(([name, check]) => check((value as Fields)[name]));

const isVoters: Check = (value) => isNames(value, VOTERS_MAX);
const isEcho = isRecord({ life: isCount, sentMs: isTime });
const isEnd = isRecord({ term: isCount, index: isCount });
const isTerms = isRecord({
  whenLate: isOptional(isOneOf("decline", "act")),
  lateUsMax: isOptional(isCount),
  boundUsMax: isOptional(isCount),
});
const isPoll = isRecord({
  pollId: isName,
  rule: isOneOf("majority", "consensus"),
  topic: isBytes,
  atUtcUs: isOptional(isCount),
  terms: isOptional(isTerms),
  closesUtcUs: isCount,
  from: isName,
});
const isBody: Check = (value) => {
  if (typeof value !== "object" || value === null) return false;
  switch ((value as Fields)["kind"]) {
    case "start":
      return true;
    case "poll":
      return isPoll((value as Fields)["poll"]);
    case "verdict":
      return isRecord({ pollId: isName, verdict: isOneOf("accepted", "refused", "expired") })(
        value,
      );
    case "command":
      return isRecord({ proposalId: isName, command: isBytes })(value);
    default:
      return false;
  }
};
const isEntry = isRecord({ index: isCount, term: isCount, body: isBody });
const isBase = isRecord({
  index: isCount,
  term: isCount,
  state: isRecord({
    open: isList(isPoll, ENTRIES_MAX),
    actions: isList(isPoll, ENTRIES_MAX),
    recentIds: isList(isName, ENTRIES_MAX),
    component: isOptional(isBytes),
  }),
});

const SHAPES: Readonly<Record<Kind, Readonly<Record<string, Check>>>> = {
  hello: {},
  found: { attempt: isCount, voters: isVoters },
  pledge: { attempt: isCount, isGiven: isTruth },
  drop: { attempt: isCount },
  founded: { voters: isVoters, lives: isList(isCount, VOTERS_MAX) },
  vote: { isTrial: isTruth, term: isCount, end: isEnd, sentMs: isTime },
  voted: { isTrial: isTruth, term: isCount, isGiven: isTruth, ownTerm: isCount, echo: isEcho },
  recall: { sentMs: isTime },
  recalled: { term: isCount, end: isEnd, echo: isEcho },
  append: {
    term: isCount,
    before: isEnd,
    entries: isList(isEntry, ENTRIES_MAX),
    commitIndex: isCount,
    sentMs: isTime,
  },
  install: { term: isCount, base: isBase, sentMs: isTime },
  appended: { term: isCount, isTaken: isTruth, index: isCount, isFull: isTruth, echo: isEcho },
  ask: { poll: isPoll },
  ballot: { pollId: isName, isYes: isTruth },
  propose: { proposalId: isName, command: isBytes },
  data: {
    role: isOneOf("all", "one", "toLeader", "fromLeader"),
    payload: isBytes,
    sentUtcUs: isOptional(isCount),
  },
  acted: {
    pollId: isName,
    atUtcUs: isCount,
    end: isOneOf("acted", "late", "declined-late", "declined-clock"),
    utcUs: isCount,
    boundUs: isOptional(isCount),
  },
  noted: { pollId: isName },
  alive: { endpoint: isText },
  bye: {},
};
