import type { LinkState, ReceiveFrame, WireSubscriber } from "../core/wire.ts";
import { Connector } from "./connector.ts";
import type { SimParts } from "./sim-parts.ts";

/** Takes a frame at a subscriber: now, or when it pauses no more; then calls `taken`. */
export type Deliver = (frame: Uint8Array, sentUtcUs: number | undefined, taken: () => void) => void;

/** Follows any number of publishers. */
export class SimSubscriber implements WireSubscriber {
  readonly #parts: SimParts;
  readonly #receive: ReceiveFrame;
  readonly #connectors = new Map<string, Connector>();
  /** What came while it was paused, in order; it still counts in its publisher's queue. */
  readonly #kept: { readonly from: Connector; readonly take: () => void }[] = [];
  #closed = false;
  #paused = false;
  #resuming = false;

  constructor(parts: SimParts, receive: ReceiveFrame) {
    this.#parts = parts;
    this.#receive = receive;
  }

  connect(endpoint: string): void {
    if (this.#closed || this.#parts.life.dead || this.#connectors.has(endpoint)) return;
    // What is still under way when we disconnect is not handed over.
    const deliver: Deliver = (frame, sentUtcUs, taken) => {
      const take = (): void => {
        taken();
        if (this.#connectors.get(endpoint) === connector) this.#receive(frame, sentUtcUs);
      };
      if (this.#paused || this.#kept.length > 0) this.#kept.push({ from: connector, take });
      else take();
    };
    const connector: Connector = new Connector(this.#parts, {
      listeners: this.#parts.shared.wireListeners,
      endpoint,
      from: deliver,
      connected: () => undefined,
      lost: () => undefined,
    });
    this.#connectors.set(endpoint, connector);
  }

  links(): readonly LinkState[] {
    return Array.from(this.#connectors.values(), ({ state }) => state);
  }

  disconnect(endpoint: string): void {
    const connector = this.#connectors.get(endpoint);
    if (connector === undefined) return;
    connector.close();
    this.#connectors.delete(endpoint);
    this.#forget(connector);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#resuming || this.#kept.length === 0) return;
    this.#resuming = true;
    const { shared, life } = this.#parts;
    shared.timeline.plan(life, 0, { kind: "resumed" }, () => {
      this.#resuming = false;
      while (!this.#paused && this.#kept.length > 0) this.#kept.shift()?.take();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const connector of this.#connectors.values()) connector.close();
    this.#connectors.clear();
    this.#kept.length = 0;
    return Promise.resolve();
  }

  #forget(connector: Connector): void {
    const rest = this.#kept.filter(({ from }) => from !== connector);
    this.#kept.splice(0, this.#kept.length, ...rest);
  }
}
