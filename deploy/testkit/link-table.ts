import type { ToActor, ToAgent } from "../../agent/actor/protocol.ts";

/** One actor on one board. */
export interface ActorPlace {
  readonly board: string;
  readonly actor: string;
}

interface ActorLinks {
  isActive: boolean;
  /** Keys that it provides, each with its endpoints. */
  readonly provided: Map<string, Set<string>>;
  /** By port: the key it asked for, and the endpoints it was told. */
  readonly required: Map<string, { readonly key: string; endpoints: readonly string[] }>;
}

/**
 * What the actors of a run provide, ask for and were told, read from what they and their agents say
 * to each other. Pure.
 */
export class LinkTable {
  readonly #actors = new Map<string, ActorLinks>();

  /** A program of this actor starts: what an earlier one had is gone. */
  started(place: ActorPlace): void {
    this.#actors.set(nameOf(place), {
      isActive: false,
      provided: new Map(),
      required: new Map(),
    });
  }

  /** What an actor told its agent. */
  told(place: ActorPlace, message: ToAgent): void {
    const links = this.#actors.get(nameOf(place));
    if (links === undefined) return;
    if (message.kind === "active") links.isActive = true;
    if (message.kind === "provide") {
      const endpoints = links.provided.get(message.key) ?? new Set();
      links.provided.set(message.key, endpoints.add(message.endpoint));
    }
    if (message.kind === "withdraw") links.provided.get(message.key)?.delete(message.endpoint);
    if (message.kind === "require")
      links.required.set(message.port, { key: message.key, endpoints: [] });
    if (message.kind === "release") links.required.delete(message.port);
  }

  /** What an agent told an actor. */
  heard(place: ActorPlace, message: ToActor): void {
    if (message.kind !== "peers") return;
    const port = this.#actors.get(nameOf(place))?.required.get(message.port);
    if (port !== undefined) port.endpoints = message.endpoints;
  }

  /** What is still missing among these actors, each in words; empty when all is connected. */
  missing(expected: readonly ActorPlace[]): readonly string[] {
    const faults: string[] = [];
    for (const place of expected) {
      const name = nameOf(place);
      const links = this.#actors.get(name);
      if (links?.isActive !== true) {
        faults.push(`${name} is not active`);
        continue;
      }
      for (const [port, { key, endpoints }] of links.required) {
        const known = new Set(endpoints);
        if (this.#provided(key).some((endpoint) => !known.has(endpoint)))
          faults.push(`${name}/${port.replace("/", ".")} does not know all that it may connect to`);
      }
    }
    return faults;
  }

  #provided(key: string): readonly string[] {
    return [...this.#actors.values()].flatMap(({ provided }) => [...(provided.get(key) ?? [])]);
  }
}

function nameOf({ board, actor }: ActorPlace): string {
  return `${board}/${actor}`;
}
