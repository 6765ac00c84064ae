import type { SEARCHES } from "./searches.ts";

/** A mistake that somebody could make, and the search that must find it. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replacement: string;
  /** What is wrong then. */
  readonly what: string;
  /** A search in the simulator, or the tests of rooms where the mistake is one about hostile input. */
  readonly search: keyof typeof SEARCHES | { readonly tests: string };
}

const MEMBERSHIP: readonly PlantedBug[] = [
  {
    name: "impatient",
    file: "agent/membership/timing.ts",
    find: "export const WINDOW_MS = 1_0",
    replacement: "export const WINDOW_MS = 9",
    what: "the window is shorter than a pause of a second",
    search: "losses",
  },
  {
    name: "one-try",
    file: "agent/membership/probe-rule.ts",
    find: "probe.nextMs = nowMs + RETRY_INTERVAL_MS;",
    replacement: "probe.nextMs = nowMs + 100 * RETRY_INTERVAL_MS;",
    what: "a ping that is lost is hardly repeated: loss of packets is taken for loss of boards",
    search: "losses",
  },
  {
    name: "dead-for-ever",
    file: "agent/membership/protocol.ts",
    find: "nowMs - this.#deadTryAtMs >= DEAD_TRY_INTERVAL_MS) this.#try",
    replacement: "nowMs - this.#deadTryAtMs >= 1e9 * DEAD_TRY_INTERVAL_MS) this.#try",
    what: "nobody tries the dead: a healed partition waits for hellos",
    search: "convergence",
  },
  {
    name: "meek",
    file: "agent/membership/protocol.ts",
    find: "if (!own.object(nowMs)) return;",
    replacement: "if (own.current.revision > 0) return;",
    what: "a board does not object to reports of its death",
    search: "discovery",
  },
  {
    name: "revision-first",
    file: "agent/membership/announcement.ts",
    find: "one.incarnation - other.incarnation || one.revision - other.revision",
    replacement: "one.revision - other.revision || one.incarnation - other.incarnation",
    what: "a new life with fewer revisions is taken for old news",
    search: "discovery",
  },
  {
    name: "old-news",
    file: "agent/membership/member-table.ts",
    find: "ageOrder(announcement, known.announcement) > 0",
    replacement: "ageOrder(announcement, known.announcement) >= 0",
    what: "what is known is passed on again and again",
    search: "calm",
  },
  {
    name: "same-life",
    file: "agent/membership/own-record.ts",
    find: "incarnation: earlier.incarnation + 1",
    replacement: "incarnation: earlier.incarnation",
    what: "a board whose clock is behind does not outlive its former life",
    search: "discovery",
  },
  {
    name: "replays",
    file: "agent/membership/gate.ts",
    find: 'if (age === "replayed") {',
    replacement: 'if (age === "replayed" && packet.sequence < 0) {',
    what: "packets count as often as somebody sends them again",
    search: { tests: "agent/membership" },
  },
];

const DHT: readonly PlantedBug[] = [
  {
    name: "empty-renewal",
    file: "agent/dht/own-records.ts",
    find: "own.previous = own.sequence;\n    own.sequence = this.#next();",
    replacement: "own.previous = own.sequence;",
    what: "renewals have the number of what they renew, and prolong nothing",
    search: "calm",
  },
  {
    name: "overtaken",
    file: "agent/dht/record-store.ts",
    find: "if (record.sequence < Math.max(before?.sequence ?? 0, owner?.floor ?? 0))",
    replacement: "if (record.sequence < (owner?.floor ?? 0))",
    what: "an old record that arrives late replaces a newer one",
    search: "registry",
  },
  {
    name: "farthest",
    file: "agent/dht/replica-plan.ts",
    find: "compareDistance(key, last.id, contact.id) < 0) continue",
    replacement: "compareDistance(key, last.id, contact.id) > 0) continue",
    what: "of newcomers, the wrong ones become keepers of a key",
    search: "registry",
  },
  {
    name: "no-heir",
    file: "agent/dht/replica-plan.ts",
    find: "const next = this.#search(key);\n      this.#keys.set(key, next);",
    replacement:
      "const next = boards.filter((board) => board.id !== id);\n      this.#keys.set(key, next);",
    what: "nobody takes the place of a keeper that is gone",
    search: "dwindling",
  },
  {
    name: "in-flight",
    file: "agent/dht/outbox.ts",
    find: "Math.max(0, queue.inFlightCount - 1)",
    replacement: "Math.max(0, queue.inFlightCount)",
    what: "packets never land: after four, nothing more goes to that board",
    search: "calm",
  },
  {
    name: "short-lease",
    file: "agent/dht/lease-table.ts",
    find: "    }\n    ofKey.set(address, untilMs);",
    replacement: "      ofKey.set(address, untilMs);\n    }",
    what: "leases are not prolonged: listeners miss what changes after ninety seconds",
    search: "calm",
  },
  {
    name: "dead-owner",
    file: "agent/dht/dht-node.ts",
    find: "if (id !== board.self.id) board.dropped(board.store.dropOwner(id));",
    replacement: "",
    what: "what a dead board had said stays until it expires",
    search: "dwindling",
  },
  {
    name: "half-heap",
    file: "agent/dht/agenda.ts",
    find: "[2 * place + 1, 2 * place + 2]",
    replacement: "[2 * place + 1]",
    what: "the list of what is due when is out of order",
    search: "registry",
  },
  {
    name: "unsigned",
    file: "agent/dht/board.ts",
    find: 'if (!this.#isAuthentic(record, from)) return "foreign";\n    if (!isOurs) {',
    replacement: "if (!isOurs) {",
    what: "nobody looks at the signatures of records",
    search: { tests: "agent/dht" },
  },
];

const CONNECTING: readonly PlantedBug[] = [
  {
    name: "unsaid",
    file: "agent/discovery/registry.ts",
    find: "for (const { unsay } of list) unsay();",
    replacement: "",
    what: "what is withdrawn is still said to the others",
    search: "registry",
  },
  {
    name: "untold",
    file: "agent/discovery/registry.ts",
    find: "    this.#told.set(key, told);\n    for (const",
    replacement: "    for (const",
    what: "listeners are told again of what they know",
    search: "registry",
  },
  {
    name: "never-forgets",
    file: "agent/discovery/discovery.ts",
    find: 'else if (why === "replaced") this.#forgetLater(member, RENEWAL_MS);',
    replacement: "",
    what: "what the former life of a board provided is believed for ever",
    search: "registry",
  },
];

/** Twenty of them, each planted alone. */
export const BUGS: readonly PlantedBug[] = [...MEMBERSHIP, ...DHT, ...CONNECTING];
