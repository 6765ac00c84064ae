/** Who provides what in the cluster, as far as agents that ask each other need it; Registry of agent/discovery is one. */
export interface PeerDirectory {
  provide(owner: string, provider: { readonly key: string; readonly endpoint: string }): void;
  withdraw(owner: string): void;
  /** Tells `listener` the providers of `key` at once, and on every change until the returned function is called. */
  require(key: string, listener: (endpoints: readonly string[]) => void): () => void;
}

/** Under which key an agent can be asked by others. */
export function controlKey(board: string): string {
  return `control/${board}`;
}
