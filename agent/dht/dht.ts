import type { Clock } from "../core/clock.ts";
import { AgentError } from "../core/errors.ts";
import type { Identity } from "../core/identity.ts";
import type { Random } from "../core/random.ts";
import type { Line, Switchboard } from "../core/switchboard.ts";
import { valuesOf } from "./board.ts";
import { DhtNode } from "./dht-node.ts";
import { type DhtOptions, dhtSettings } from "./dht-options.ts";
import { idOfKey } from "./ids.ts";
import { type DhtSnapshot, snapshotOf } from "./inspect.ts";
import type { DhtListener, DhtValue } from "./local-listeners.ts";
import { VALUE_BYTES_MAX } from "./signed-record.ts";

/** Of the registry's packets on the board's socket. */
export const DHT_TAG = "HGD1";
/** Longest key in characters. */
export const KEY_LENGTH_MAX = 1_000;
/** A goodbye waits this long for its receivers to have it, in ms. */
const GOODBYE_MS = 250;

/** What the registry needs of its world. */
export interface DhtParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: Identity;
  readonly port: Pick<Switchboard, "address" | "open">;
}

/**
 * Who provides what: values under keys, kept by the boards closest to each key, pushed to who listens.
 *
 * DhtNode decides; this owns the loop and the line. Source: Maymounkov, Mazieres, "Kademlia", IPTPS 2002;
 * with expiry, push and several signed values a key, as RIAPS has them of OpenDHT.
 */
export class Dht {
  readonly #parts: DhtParts;
  readonly #node: DhtNode;
  readonly #valuesMax: number;
  #line: Line | undefined;
  #pause = new AbortController();

  /** @throws AgentError DHT_OPTION_INVALID when an option is out of its range. */
  constructor(parts: DhtParts, options: DhtOptions = {}) {
    const { clock, random, identity, port } = parts;
    const settings = dhtSettings(options);
    this.#parts = parts;
    this.#valuesMax = settings.recordsPerOwnerMax;
    const now = { ms: clock.monotonicMs(), utcMs: Math.floor(clock.utcUs() / 1000) };
    const send = (to: string, payload: Uint8Array): void => this.#line?.send(to, payload);
    const boardParts = { identity, address: port.address, send, secret: random.bytes(32) };
    this.#node = new DhtNode({ ...boardParts, random: () => random.next() }, settings, now);
  }

  /** Takes part until `signal` aborts; resolves when the goodbye is said. What was published before is kept. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, port } = this.#parts;
    const line = port.open(DHT_TAG, ({ from, payload, arrivedMs }) => {
      this.#node.receive(from, payload, arrivedMs);
      this.#wakeWhenDue();
    });
    this.#line = line;
    const wake = (): void => this.#pause.abort();
    signal.addEventListener("abort", wake, { once: true });
    await this.#loop(() => signal.aborted);
    this.#node.leave(clock.monotonicMs());
    const untilMs = clock.monotonicMs() + GOODBYE_MS;
    await this.#loop(
      () => this.#node.board.outbox.isEmpty || clock.monotonicMs() >= untilMs,
      untilMs,
    );
    signal.removeEventListener("abort", wake);
    line.close();
    this.#line = undefined;
  }

  /**
   * Says `value` under `key` to the whole cluster, until the returned function is called.
   * @throws AgentError DHT_VALUE_INVALID for a key of more than KEY_LENGTH_MAX characters, a value that is
   * empty or has more than VALUE_BYTES_MAX bytes of UTF-8, or one value more than a board may have.
   */
  publish(key: string, value: string): () => void {
    const valueBytes = new TextEncoder().encode(value).byteLength;
    const { own } = this.#node.board;
    if (valueBytes === 0 || valueBytes > VALUE_BYTES_MAX || key.length > KEY_LENGTH_MAX)
      throw new AgentError("DHT_VALUE_INVALID", { valueBytes, keyLength: key.length });
    if (own.size >= this.#valuesMax)
      throw new AgentError("DHT_VALUE_INVALID", {
        valueCount: own.size,
        valuesMax: this.#valuesMax,
      });
    const slot = this.#node.publish(key, value, this.#nowMs());
    this.#wakeWhenDue();
    return () => {
      this.#node.withdraw(slot, this.#nowMs());
      this.#wakeWhenDue();
    };
  }

  /**
   * Tells `listener` the values of `key` that are known here, now and after every change, until the
   * returned function is called. @throws AgentError DHT_VALUE_INVALID for a key that is too long.
   */
  listen(key: string, listener: DhtListener): () => void {
    if (key.length > KEY_LENGTH_MAX)
      throw new AgentError("DHT_VALUE_INVALID", { keyLength: key.length });
    // One function may listen twice.
    const own: DhtListener = (values) => listener(values);
    this.#node.listen(key, own, this.#nowMs());
    this.#wakeWhenDue();
    return () => {
      this.#node.unlisten(key, own, this.#nowMs());
      this.#wakeWhenDue();
    };
  }

  /** The values of `key` as most of the boards that keep it have them. */
  async get(key: string): Promise<readonly DhtValue[]> {
    this.#node.board.nowMs = this.#nowMs();
    const getting = this.#node.finding.get(idOfKey(key));
    this.#wakeWhenDue();
    return valuesOf(await getting);
  }

  /** Membership tells that a board is there, or has another address. */
  addContact(board: { readonly publicKey: Uint8Array; readonly address: string }): void {
    this.#node.addContact(board.publicKey, board.address, this.#nowMs());
    this.#wakeWhenDue();
  }

  /** Membership tells that a board is gone, or was replaced by its next life (then `addContact` follows). */
  removeContact({ publicKey }: { readonly publicKey: Uint8Array }): void {
    this.#node.removeContact(publicKey, this.#nowMs());
    this.#wakeWhenDue();
  }

  /** Others took this board for dead, and forgot what it says and listens to: tells them again. */
  sayAgain(): void {
    this.#node.sayAgain(this.#nowMs());
    this.#wakeWhenDue();
  }

  /** What this board knows and keeps, as plain data. */
  inspect(): DhtSnapshot {
    return snapshotOf(this.#node, this.#nowMs());
  }

  #nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }

  /** The time that the loop sleeps until; what became due before wakes it. */
  #sleepsUntilMs = Number.NEGATIVE_INFINITY;

  #wakeWhenDue(): void {
    if (this.#node.nextMs < this.#sleepsUntilMs) this.#pause.abort();
  }

  async #loop(isOver: () => boolean, untilMs = Number.POSITIVE_INFINITY): Promise<void> {
    const { clock } = this.#parts;
    while (!isOver()) {
      this.#node.tick(clock.monotonicMs());
      // One signal for many sleeps: it is new only when it was used.
      if (this.#pause.signal.aborted) this.#pause = new AbortController();
      this.#sleepsUntilMs = Math.min(untilMs, this.#node.nextMs);
      if (isOver()) return;
      await clock.sleep(Math.max(0, this.#sleepsUntilMs - clock.monotonicMs()), this.#pause.signal);
    }
  }
}
