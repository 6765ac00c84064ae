import type { ToActor, ToAgent } from "../actor/protocol.ts";
import type { Registry } from "../discovery/registry.ts";

/** What an actor says of its ports. */
export type PortMessage = Extract<
  ToAgent,
  { kind: "provide" | "withdraw" | "require" | "release" }
>;

/** What the desk of one program is given. */
export interface PortDeskParts {
  readonly registry: Registry;
  /** Whose providers these are: unique among the programs that run. */
  readonly owner: string;
  /**
   * Aborts when every board that is there has been heard. Until then a port that came with peers, from
   * the time of an earlier agent, keeps them: nobody has yet said that they are gone.
   */
  readonly settled: AbortSignal;
}

/**
 * The ports of the actors of one program at the board's registry.
 * Invariant: after `close` nothing of them is left there.
 */
export class PortDesk {
  readonly #parts: PortDeskParts;
  readonly #undo = new Map<string, () => void>();

  constructor(parts: PortDeskParts) {
    this.#parts = parts;
  }

  /** Takes in what one actor says; `send` reaches it. */
  take(actor: string, message: PortMessage, send: (message: ToActor) => void): void {
    const { registry, owner } = this.#parts;
    switch (message.kind) {
      case "provide":
        registry.provide(owner, message);
        break;
      case "withdraw":
        registry.withdrawOne(owner, message);
        break;
      case "require":
        this.#release(actor, message);
        this.#undo.set(nameOf(actor, message), this.#require(message, send));
        break;
      case "release":
        this.#release(actor, message);
        break;
    }
  }

  /** Withdraws and releases everything; idempotent. */
  close(): void {
    for (const undo of this.#undo.values()) undo();
    this.#undo.clear();
    this.#parts.registry.withdraw(this.#parts.owner);
  }

  #release(actor: string, message: { readonly port: string; readonly key: string }): void {
    const name = nameOf(actor, message);
    this.#undo.get(name)?.();
    this.#undo.delete(name);
  }

  #require(
    { port, key, endpoints: kept }: Extract<PortMessage, { kind: "require" }>,
    send: (message: ToActor) => void,
  ): () => void {
    const { registry, settled } = this.#parts;
    let known: readonly string[] = [];
    let told = kept?.join(" ");
    const tell = (): void => {
      const keeps = settled.aborted ? [] : (kept ?? []);
      const endpoints = [...new Set([...known, ...keeps])].sort();
      if (endpoints.join(" ") === told) return;
      told = endpoints.join(" ");
      send({ kind: "peers", port, endpoints });
    };
    if (kept !== undefined) settled.addEventListener("abort", tell, { once: true });
    const undo = registry.require(key, (endpoints) => {
      known = endpoints;
      tell();
    });
    return () => {
      undo();
      settled.removeEventListener("abort", tell);
    };
  }
}

function nameOf(
  actor: string,
  { port, key }: { readonly port: string; readonly key: string },
): string {
  return `${actor} ${port} ${key}`;
}
