import type { DhtCounters } from "./board.ts";
import type { DhtNode } from "./dht-node.ts";
import type { Id } from "./ids.ts";
import { placeOf } from "./signed-record.ts";

/** What a board knows and keeps, as plain data for people and tools. */
export interface DhtSnapshot {
  readonly id: Id;
  readonly address: string;
  readonly memberCount: number;
  /** Contacts beside the members, by how many leading bits of their ids are this board's. */
  readonly buckets: readonly {
    readonly bits: number;
    readonly contacts: readonly { readonly id: Id; readonly address: string }[];
  }[];
  readonly keys: readonly {
    readonly key: Id;
    /** Whether this board is one of those that are to keep it. */
    readonly isKeeper: boolean;
    readonly hasListener: boolean;
    readonly records: readonly {
      readonly ownerId: Id;
      readonly slot: number;
      readonly sequence: number;
      /** undefined: a tombstone. */
      readonly value: string | undefined;
      readonly expiresInMs: number;
    }[];
  }[];
  readonly leases: readonly { readonly key: Id; readonly leaseCount: number }[];
  readonly counters: DhtCounters & {
    readonly recordCount: number;
    readonly ownCount: number;
    readonly leaseCount: number;
    /** Leases of this board at others. */
    readonly leasesElsewhereCount: number;
    readonly waitingCount: number;
    readonly pendingCount: number;
    readonly repeatedCount: number;
    readonly failedCount: number;
    readonly droppedCount: number;
    readonly refusedContactCount: number;
    readonly lookupCount: number;
    readonly lookupAskedCount: number;
  };
}

/** The state of `node` at `nowMs`. */
export function snapshotOf(node: DhtNode, nowMs: number): DhtSnapshot {
  const { board } = node;
  const { self, table, store, plan, listeners, leases, caller, outbox } = board;
  return {
    id: self.id,
    address: self.address,
    memberCount: table.memberCount,
    buckets: table.buckets.map(({ bits, contacts }) => ({
      bits,
      contacts: contacts.map(({ id, address }) => ({ id, address })),
    })),
    keys: Array.from(store.keys, (key) => ({
      key,
      isKeeper: plan.keeps(self.id, key),
      hasListener: listeners.has(key),
      records: store.recordsOf(key).map((record) => ({
        ownerId: record.ownerId,
        slot: record.slot,
        sequence: record.sequence,
        value: record.isTombstone ? undefined : record.value,
        expiresInMs: store.remainingMs(key, placeOf(record), nowMs),
      })),
    })),
    leases: leases.counts,
    counters: {
      ...board.counters,
      recordCount: store.size,
      ownCount: board.own.size,
      leaseCount: leases.size,
      leasesElsewhereCount: node.listening.size,
      waitingCount: outbox.waitingCount + node.deliveries.waitingCount,
      pendingCount: caller.pendingCount,
      repeatedCount: caller.repeatedCount,
      failedCount: caller.failedCount,
      droppedCount: outbox.droppedCount,
      refusedContactCount: table.refusedCount,
      lookupCount: node.finding.lookupCount,
      lookupAskedCount: node.finding.askedCount,
    },
  };
}
