/** Most providers that one board may have; a longer list from the network is refused whole. */
export const PROVIDERS_PER_BOARD_MAX = 10_000;

/** One port that others can reach. */
export interface Provider {
  readonly key: string;
  readonly endpoint: string;
}

type Listener = (endpoints: readonly string[]) => void;

/**
 * Who provides what, on this board and on the others, and who wants to know. Pure.
 *
 * Invariant: each listener was told last exactly the endpoints that `providers` holds for its key,
 * in a fixed order; it is told only when they change.
 */
export class Registry {
  readonly #boards = new Map<string, readonly Provider[]>();
  readonly #own = new Map<string, Provider[]>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #told = new Map<string, string>();
  readonly #ownChanged: () => void;
  /** Grows with every change of this board's providers. */
  version = 0;

  /** @param ownChanged called after each change of this board's providers. */
  constructor(ownChanged: () => void) {
    this.#ownChanged = ownChanged;
  }

  /** Adds a provider of this board; `owner` names who withdraws it. */
  provide(owner: string, provider: Provider): void {
    const list = this.#own.get(owner) ?? [];
    if (list.some(({ endpoint, key }) => endpoint === provider.endpoint && key === provider.key))
      return;
    this.#own.set(owner, [...list, provider]);
    this.#changed([provider.key]);
  }

  /** Withdraws one provider of `owner`; an unknown one is ignored. */
  withdrawOne(owner: string, { key, endpoint }: Provider): void {
    const list = this.#own.get(owner) ?? [];
    const rest = list.filter((each) => each.key !== key || each.endpoint !== endpoint);
    if (rest.length === list.length) return;
    if (rest.length === 0) this.#own.delete(owner);
    else this.#own.set(owner, rest);
    this.#changed([key]);
  }

  /** How many entries of each kind it holds; for whoever looks for leaks. */
  get sizes(): {
    readonly ownerCount: number;
    readonly providerCount: number;
    readonly boardCount: number;
    readonly listenerCount: number;
    readonly toldCount: number;
  } {
    const listeners = [...this.#listeners.values()];
    return {
      ownerCount: this.#own.size,
      providerCount: this.ownProviders.length,
      boardCount: this.#boards.size,
      listenerCount: listeners.reduce((sum, { size }) => sum + size, 0),
      toldCount: this.#told.size,
    };
  }

  /** Withdraws all providers of `owner`. */
  withdraw(owner: string): void {
    const list = this.#own.get(owner);
    this.#own.delete(owner);
    if (list !== undefined) this.#changed(list.map(({ key }) => key));
  }

  /** Replaces what another board provides; none when it is gone. */
  setBoard(boardId: string, providers: readonly Provider[]): void {
    const before = this.#boards.get(boardId) ?? [];
    if (providers.length === 0) this.#boards.delete(boardId);
    else this.#boards.set(boardId, providers);
    this.#tell([...before, ...providers].map(({ key }) => key));
  }

  /**
   * Another board has fallen silent: of what it provides only the keys that `lingers` names stay, until
   * it is heard again or `setBoard` says that it is gone.
   */
  doubtBoard(boardId: string, lingers: (key: string) => boolean): void {
    const staying = (this.#boards.get(boardId) ?? []).filter(({ key }) => lingers(key));
    this.setBoard(boardId, staying);
  }

  /** Tells `listener` the providers of `key`, now and on every change, until the returned function is called. */
  require(key: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    const endpoints = this.#endpoints(key);
    this.#told.set(key, endpoints.join(" "));
    listener(endpoints);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(key) !== listeners) return;
      this.#listeners.delete(key);
      this.#told.delete(key);
    };
  }

  /** All providers of this board, for the others. */
  get ownProviders(): readonly Provider[] {
    return [...this.#own.values()].flat();
  }

  #changed(keys: readonly string[]): void {
    this.version += 1;
    this.#tell(keys);
    this.#ownChanged();
  }

  #tell(keys: readonly string[]): void {
    for (const key of new Set(keys)) {
      const listeners = this.#listeners.get(key);
      if (listeners === undefined) continue;
      const endpoints = this.#endpoints(key);
      const told = endpoints.join(" ");
      if (this.#told.get(key) === told) continue;
      this.#told.set(key, told);
      for (const listener of listeners) listener(endpoints);
    }
  }

  #endpoints(key: string): string[] {
    const all = [...this.#own.values(), ...this.#boards.values()].flat();
    return [
      ...new Set(all.filter((each) => each.key === key).map(({ endpoint }) => endpoint)),
    ].sort();
  }
}
