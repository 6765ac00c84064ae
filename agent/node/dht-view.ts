import type { Json } from "../core/rpc.ts";
import { idOfKey, idOfPublicKey } from "../dht/ids.ts";
import type { Discovery } from "../discovery/discovery.ts";

/**
 * The registry's inside with the names that this board knows: boards beside the ids of owners, and topics
 * beside the ids of keys, as far as it provides or requires them itself.
 */
export function dhtView(board: string, { membership, registry, ...rest }: ViewedDiscovery): Json {
  const { keys, leases, ...snapshot } = rest.inspect();
  const members = membership.members().map(({ boardId, publicKey, address, incarnation }) => {
    return { board: boardId, id: idOfPublicKey(publicKey), address, incarnation };
  });
  const boards = new Map([
    [snapshot.id, board],
    ...members.map(({ id, board: of }) => [id, of] as const),
  ]);
  const topics = new Map(registry.topics.map((topic) => [idOfKey(topic), topic]));
  const topicOf = (key: string): string | null => topics.get(key) ?? null;
  return {
    ...{ board, ...snapshot, members },
    keys: keys.map(({ key, records, ...more }) => ({
      ...{ key, topic: topicOf(key), ...more },
      records: records.map(({ value = null, ...record }) => ({
        ...{ board: boards.get(record.ownerId) ?? null, ...record, value },
      })),
    })),
    leases: leases.map(({ key, leaseCount }) => ({ key, topic: topicOf(key), leaseCount })),
    counters: { ...snapshot.counters },
  };
}

type ViewedDiscovery = Pick<Discovery, "membership" | "registry"> & {
  readonly inspect: () => ReturnType<Discovery["inspect"]>;
};
