import type { ToActor, ToAgent } from "./protocol.ts";

type Require = Extract<ToAgent, { kind: "require" }>;

/**
 * What one actor has told its agent and still holds: its ports, and that it is active. Said again to an
 * agent that has taken over and knows nothing, with the peers that each port has by now.
 */
export class StandingWord {
  readonly #send: (message: ToAgent) => void;
  readonly #provided = new Map<string, ToAgent>();
  readonly #required = new Map<string, Require>();
  /** The endpoints told last, by port. */
  readonly #peers = new Map<string, readonly string[]>();
  #isActive = false;

  constructor(send: (message: ToAgent) => void) {
    this.#send = send;
  }

  /** Remembers what has to be said again, and sends. */
  readonly tell = (message: ToAgent): void => {
    switch (message.kind) {
      case "provide":
        this.#provided.set(nameOf(message.key, message.endpoint), message);
        break;
      case "withdraw":
        this.#provided.delete(nameOf(message.key, message.endpoint));
        break;
      case "require":
        this.#required.set(nameOf(message.port, message.key), message);
        break;
      case "release":
        this.#required.delete(nameOf(message.port, message.key));
        break;
      case "active":
        this.#isActive = true;
        break;
      case "pong":
      case "health":
      case "fault":
      case "hang":
      case "deadline":
      case "traffic":
      case "measures":
      case "ledger":
      case "follow":
      case "event-done":
        break;
    }
    this.#send(message);
  };

  /** Takes in what the agent tells, of which only peers matter here. */
  heard(message: ToActor): void {
    if (message.kind === "peers") this.#peers.set(message.port, message.endpoints);
  }

  /** Says it all again. */
  repeat(): void {
    for (const message of this.#provided.values()) this.#send(message);
    for (const message of this.#required.values()) {
      const endpoints = this.#peers.get(message.port) ?? [];
      this.#send({ ...message, endpoints });
    }
    if (this.#isActive) this.#send({ kind: "active" });
  }
}

function nameOf(one: string, other: string): string {
  return `${one} ${other}`;
}
