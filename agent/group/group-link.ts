import type { LinkState, WirePublisher, WireSubscriber } from "../core/wire.ts";
import type { World } from "../core/world.ts";
import { decodeFrame, encodeFrame, type GroupFrame } from "./group-frame.ts";

/** One member's sockets: it publishes to all, and follows what all others publish. */
export class GroupLink implements AsyncDisposable {
  readonly #world: World;
  readonly #publisher: WirePublisher;
  readonly #subscriber: WireSubscriber;
  readonly #isUsed: (endpoint: string) => boolean;
  #followed = new Set<string>();
  #wanted: ReadonlySet<string> = new Set();
  #closed = false;
  /** Frames that were none, or of another group. */
  malformedCount = 0;
  /** Frames published. */
  sentCount = 0;

  private constructor(
    world: World,
    publisher: WirePublisher,
    receive: (frame: GroupFrame) => void,
    isUsed: (endpoint: string) => boolean,
  ) {
    this.#world = world;
    this.#publisher = publisher;
    this.#isUsed = isUsed;
    this.#subscriber = world.wire.subscriber((bytes) => {
      const frame = this.#closed ? undefined : decodeFrame(bytes);
      if (frame === undefined) this.malformedCount += 1;
      else receive(frame);
      world.activity.received(1);
    });
  }

  /** @param isUsed whether a member that is there publishes at an endpoint. */
  static async open(
    world: World,
    receive: (frame: GroupFrame) => void,
    isUsed: (endpoint: string) => boolean,
  ): Promise<GroupLink> {
    return new GroupLink(world, await world.wire.publisher(), receive, isUsed);
  }

  get endpoint(): string {
    return this.#publisher.endpoint;
  }

  publish(frame: GroupFrame): void {
    if (this.#closed) return;
    this.sentCount += 1;
    this.#world.activity.sent(this.#publisher.offer(encodeFrame(frame)));
  }

  /** Follows these; what is heard of others is still followed, until it falls silent. */
  follow(endpoints: readonly string[]): void {
    this.#wanted = new Set(endpoints);
    for (const endpoint of endpoints) {
      if (this.#followed.has(endpoint) || endpoint === this.endpoint) continue;
      this.#followed.add(endpoint);
      this.#subscriber.connect(endpoint);
    }
    this.tidy();
  }

  /** How it stands with each that it follows. */
  links(): readonly LinkState[] {
    return this.#subscriber.links();
  }

  /** Leaves endpoints that nobody provides and nobody is heard at. */
  tidy(): void {
    for (const endpoint of this.#followed) {
      if (this.#wanted.has(endpoint) || this.#isUsed(endpoint)) continue;
      this.#followed.delete(endpoint);
      this.#subscriber.disconnect(endpoint);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#publisher[Symbol.asyncDispose]();
    await this.#subscriber[Symbol.asyncDispose]();
  }
}
