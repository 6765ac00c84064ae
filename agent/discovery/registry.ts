import { keyPlace, type Place, type PlaceOf } from "./place.ts";
import { decodeProvider, encodeProvider } from "./provider-text.ts";

/** One port that others can reach. */
export interface Provider {
  readonly key: string;
  readonly endpoint: string;
}

/** One provider, as far as this board knows it. */
export interface KnownProvider {
  readonly endpoint: string;
  readonly variant: string;
  /** Null: this board. */
  readonly ownerId: string | null;
}

/** What a board has said under a topic. */
export interface Said {
  readonly value: string;
  /** Who has said it. */
  readonly ownerId: string;
}

/** Where topics are known to the whole cluster; see Dht. */
export interface Directory {
  /** Says `value` under `topic` until the returned function is called. */
  publish(topic: string, value: string): () => void;
  /** Tells `listener` what is said under `topic`, now and on every change, until the returned function is called. */
  listen(topic: string, listener: (values: readonly Said[]) => void): () => void;
}

/** For a board by itself. */
export const NO_DIRECTORY: Directory = {
  publish: () => () => undefined,
  listen: () => () => undefined,
};

type Listener = (endpoints: readonly string[]) => void;

interface Topic {
  readonly unlisten: () => void;
  readonly listeners: Map<string, Set<Listener>>;
  said: readonly Said[];
  /** What boards had said that are silent now, and may be believed a little longer. */
  doubtful: readonly Said[];
}

/**
 * The ports of this board's actors: what they provide is said to the cluster, what they require is found there.
 *
 * Invariant: each listener was told last exactly the endpoints that this board knows for its key, in a
 * fixed order; it is told only when they change. What does not leave the board is not said.
 */
export class Registry {
  readonly #directory: Directory;
  readonly #placeOf: PlaceOf;
  readonly #own = new Map<string, Map<string, { provider: Provider; unsay: () => void }>>();
  readonly #topics = new Map<string, Topic>();
  readonly #told = new Map<string, string>();
  /** Values of other boards that are none of ours: dropped. */
  malformedCount = 0;

  /** @param placeOf where a key is said; default: as it is. */
  constructor(directory: Directory, placeOf: PlaceOf = keyPlace) {
    this.#directory = directory;
    this.#placeOf = placeOf;
  }

  /** Adds a provider of this board; `owner` names who withdraws it. */
  provide(owner: string, { key, endpoint }: Provider): void {
    const list = this.#own.get(owner) ?? new Map<string, never>();
    const name = nameOf({ key, endpoint });
    if (list.has(name)) return;
    const { topic, variant, isLocal } = this.#placeOf(key);
    const unsay = isLocal
      ? (): void => undefined
      : this.#directory.publish(topic, encodeProvider({ variant, endpoint }));
    this.#own.set(owner, new Map([...list, [name, { provider: { key, endpoint }, unsay }]]));
    this.#tell(key);
  }

  /** Withdraws one provider of `owner`; an unknown one is ignored. */
  withdrawOne(owner: string, provider: Provider): void {
    const list = this.#own.get(owner);
    const own = list?.get(nameOf(provider));
    if (list === undefined || own === undefined) return;
    list.delete(nameOf(provider));
    if (list.size === 0) this.#own.delete(owner);
    own.unsay();
    this.#tell(provider.key);
  }

  /** Withdraws all providers of `owner`. */
  withdraw(owner: string): void {
    const list = [...(this.#own.get(owner)?.values() ?? [])];
    this.#own.delete(owner);
    for (const { unsay } of list) unsay();
    for (const key of new Set(list.map(({ provider }) => provider.key))) this.#tell(key);
  }

  /** Tells `listener` the providers of `key`, now and on every change, until the returned function is called. */
  require(key: string, listener: Listener): () => void {
    const place = this.#placeOf(key);
    const topic = this.#topics.get(place.topic) ?? this.#open(place);
    const listeners = topic.listeners.get(key) ?? new Set();
    topic.listeners.set(key, listeners.add(listener));
    const endpoints = this.#endpoints(key);
    this.#told.set(key, endpoints.join(" "));
    listener(endpoints);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || topic.listeners.get(key) !== listeners) return;
      topic.listeners.delete(key);
      this.#told.delete(key);
      if (topic.listeners.size > 0) return;
      topic.unlisten();
      this.#topics.delete(place.topic);
    };
  }

  /**
   * The board `ownerId` has fallen silent, or begins anew: what it has said under the keys that `keeps`
   * names is believed until it says something under that topic again, or `forget`.
   */
  doubt(ownerId: string, keeps: (key: string) => boolean): void {
    for (const topic of this.#topics.values())
      if ([...topic.listeners.keys()].some(keeps)) {
        const known = topic.said.filter((each) => each.ownerId === ownerId);
        topic.doubtful = [...topic.doubtful, ...known];
      }
  }

  /** Nothing that the board `ownerId` had said before is believed any more. */
  forget(ownerId: string): void {
    for (const topic of this.#topics.values()) {
      if (!topic.doubtful.some((each) => each.ownerId === ownerId)) continue;
      topic.doubtful = topic.doubtful.filter((each) => each.ownerId !== ownerId);
      for (const key of [...topic.listeners.keys()]) this.#tell(key);
    }
  }

  /** How many entries of each kind it holds; for whoever looks for leaks. */
  get sizes(): {
    readonly ownerCount: number;
    readonly providerCount: number;
    readonly topicCount: number;
    readonly listenerCount: number;
    readonly toldCount: number;
  } {
    const sets = [...this.#topics.values()].flatMap(({ listeners }) => [...listeners.values()]);
    return {
      ownerCount: this.#own.size,
      providerCount: this.ownProviders.length,
      topicCount: this.#topics.size,
      listenerCount: sets.reduce((sum, { size }) => sum + size, 0),
      toldCount: this.#told.size,
    };
  }

  /**
   * Who provides `key` as far as this board knows, and what is provided under the same topic in other
   * shapes. `ownerId` null: this board. Known is only what somebody here requires.
   */
  known(key: string): {
    readonly providers: readonly KnownProvider[];
    readonly others: readonly KnownProvider[];
  } {
    const { topic: name, variant } = this.#placeOf(key);
    const own = this.ownProviders.flatMap(({ key: ownKey, endpoint }) => {
      const place = this.#placeOf(ownKey);
      return place.topic === name ? [{ endpoint, variant: place.variant, ownerId: null }] : [];
    });
    const here = new Set(own.map(({ endpoint }) => endpoint));
    const topic = this.#topics.get(name);
    const said = [...(topic?.said ?? []), ...(topic?.doubtful ?? [])];
    const theirs = said.flatMap(({ value, ownerId }) => {
      const provider = decodeProvider(value);
      // What this board has said comes back to it.
      return provider === undefined || here.has(provider.endpoint)
        ? []
        : [{ ...provider, ownerId }];
    });
    const all = [...own, ...theirs];
    return {
      providers: all.filter((each) => each.variant === variant),
      others: all.filter((each) => each.variant !== variant),
    };
  }

  /** Names of all topics under which this board provides or requires. */
  get topics(): readonly string[] {
    const own = this.ownProviders.map(({ key }) => this.#placeOf(key).topic);
    return [...new Set([...own, ...this.#topics.keys()])];
  }

  /** All providers of this board. */
  get ownProviders(): readonly Provider[] {
    return [...this.#own.values()].flatMap((list) =>
      [...list.values()].map(({ provider }) => provider),
    );
  }

  #open({ topic: name, isLocal }: Place): Topic {
    const opened: { topic?: Topic; early: readonly Said[] } = { early: [] };
    const heard = (said: readonly Said[]): void => {
      if (opened.topic === undefined) opened.early = said;
      else this.#heard(opened.topic, said);
    };
    const unlisten = isLocal ? (): void => undefined : this.#directory.listen(name, heard);
    const topic: Topic = { unlisten, listeners: new Map(), said: opened.early, doubtful: [] };
    opened.topic = topic;
    this.#topics.set(name, topic);
    return topic;
  }

  #heard(topic: Topic, said: readonly Said[]): void {
    topic.said = said;
    const speaking = new Set(said.map(({ ownerId }) => ownerId));
    topic.doubtful = topic.doubtful.filter(({ ownerId }) => !speaking.has(ownerId));
    for (const key of [...topic.listeners.keys()]) this.#tell(key);
  }

  #tell(key: string): void {
    const listeners = this.#topics.get(this.#placeOf(key).topic)?.listeners.get(key);
    if (listeners === undefined) return;
    const endpoints = this.#endpoints(key);
    const told = endpoints.join(" ");
    if (this.#told.get(key) === told) return;
    this.#told.set(key, told);
    for (const listener of [...listeners]) listener(endpoints);
  }

  #endpoints(key: string): string[] {
    const endpoints = new Set<string>();
    for (const { key: own, endpoint } of this.ownProviders)
      if (own === key) endpoints.add(endpoint);
    const { topic: name, variant } = this.#placeOf(key);
    const topic = this.#topics.get(name);
    for (const { value } of [...(topic?.said ?? []), ...(topic?.doubtful ?? [])]) {
      const provider = decodeProvider(value);
      if (provider === undefined) this.malformedCount += 1;
      else if (provider.variant === variant) endpoints.add(provider.endpoint);
    }
    return [...endpoints].sort();
  }
}

function nameOf({ key, endpoint }: Provider): string {
  return `${key} ${endpoint}`;
}
