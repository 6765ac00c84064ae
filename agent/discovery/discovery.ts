import { AgentError } from "../core/errors.ts";
import { hexOf } from "../core/hex.ts";
import type { LanSocket } from "../core/lan.ts";
import type { WireClient } from "../core/wire.ts";
import type { World } from "../core/world.ts";
import { decodeBeacon, encodeBeacon } from "./beacon-wire.ts";
import { type BoardEvent, BoardTable } from "./board-table.ts";
import {
  decodeInventory,
  encodeInventory,
  INVENTORY_REQUEST,
  type Inventory,
  isInventoryRequest,
} from "./exchange.ts";
import { Registry } from "./registry.ts";

/** How boards find each other. */
export interface DiscoveryOptions {
  /** Unique in the cluster. */
  readonly boardId: string;
  /** Boards of other clusters on the same network are not heard. */
  readonly cluster: string;
  /** Port of the beacons, the same on every board. */
  readonly beaconUdpPort: number;
  /** Time between two beacons when nothing changes, in ms; default 300: so a dead board is missed within 1.3 s. */
  readonly intervalMs?: number;
  /** A board silent for so long is lost; default 3.5 intervals, at least 3 (two packets may be lost). */
  readonly expiryMs?: number;
  /** What stays known of a board that fell silent; default nothing. */
  readonly linger?: Linger;
}

/** An agent may be dead while what its board provides goes on. */
export interface Linger {
  /** Whether a provider is still asked for under this key: such as publishers, whom nobody waits for. */
  readonly keeps: (key: string) => boolean;
  /** For how long after the loss, in ms. */
  readonly durationMs: number;
}

/** Where beacons go unless the deployment says otherwise. */
export const BEACON_UDP_PORT = 15_670;

const INTERVAL_MS = 300;

/** For how long a board may be silent before it is lost: after this everybody who is there has been heard. */
export function expiryOf({
  intervalMs = INTERVAL_MS,
  expiryMs = 3.5 * intervalMs,
}: Pick<DiscoveryOptions, "intervalMs" | "expiryMs">): number {
  return expiryMs;
}

const INVENTORY_TIMEOUT_MS = 1_000;
const INVENTORY_ATTEMPTS_MAX = 5;
/** Changes within this time travel in one beacon: an actor opens several ports at once. */
const GATHER_MS = 5;

/**
 * Announces this board, hears the others, and keeps the registry of who provides what.
 *
 * BoardTable and Registry decide; this owns the loops. Nothing polls: a change of what a board
 * provides goes out as a beacon at once, and whoever hears it asks for the new list. Source: ZeroMQ
 * RFC 36/ZRE, "Node Discovery and Presence".
 */
export class Discovery {
  readonly registry = new Registry(() => this.#announceNow());
  readonly #world: World;
  readonly #options: DiscoveryOptions;
  readonly #tell: (event: BoardEvent) => void;
  readonly #table: BoardTable;
  readonly #intervalMs: number;
  readonly #incarnation: string;
  /** Newest version taken of each board that is there. */
  readonly #versions = new Map<string, number>();
  readonly #asking = new Set<Promise<void>>();
  /** Boards that are lost and not yet forgotten; aborts when they are back. */
  readonly #lingering = new Map<string, AbortController>();
  #ended: AbortSignal = AbortSignal.abort();
  #pause = new AbortController();

  /** @throws AgentError BEACON_EXPIRY_TOO_SHORT when two lost packets would look like death. */
  constructor(world: World, options: DiscoveryOptions, tell: (event: BoardEvent) => void) {
    const { intervalMs = INTERVAL_MS } = options;
    const expiryMs = expiryOf(options);
    if (expiryMs < 3 * intervalMs) throw new AgentError("BEACON_EXPIRY_TOO_SHORT", { expiryMs });
    this.#world = world;
    this.#options = options;
    this.#tell = tell;
    this.#intervalMs = intervalMs;
    this.#table = new BoardTable(options, expiryMs);
    this.#incarnation = hexOf(world.random.bytes(8));
  }

  /** Runs until `signal` aborts; resolves when the goodbye is sent and all is closed. */
  async run(signal: AbortSignal): Promise<void> {
    const { wire, lan } = this.#world;
    this.#ended = signal;
    await using server = await wire.server(({ frame: request, reply }) => {
      if (isInventoryRequest(request)) reply(this.#inventory());
    });
    await using socket = await lan.open(this.#options.beaconUdpPort);
    signal.addEventListener("abort", () => this.#announceNow(), { once: true });
    await Promise.all([
      this.#announce(socket, server.endpoint, signal),
      this.#listen(socket, signal),
    ]);
    for (const lingering of this.#lingering.values()) lingering.abort();
    await Promise.all(this.#asking);
  }

  /** The next beacon goes out within GATHER_MS. */
  #announceNow(): void {
    this.#pause.abort();
  }

  #inventory(): Uint8Array {
    const { version, ownProviders } = this.registry;
    return encodeInventory({
      boardId: this.#options.boardId,
      incarnation: this.#incarnation,
      version,
      providers: ownProviders,
    });
  }

  async #announce(socket: LanSocket, endpoint: string, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#world;
    const { boardId, cluster } = this.#options;
    const say = (leaving: boolean): void => {
      const { version } = this.registry;
      const incarnation = this.#incarnation;
      const beacon = { cluster, boardId, incarnation, endpoint, version, leaving };
      socket.broadcast(encodeBeacon(beacon));
    };
    while (!signal.aborted) {
      this.#pause = new AbortController();
      say(false);
      await clock.sleep(GATHER_MS, signal);
      this.#happened(this.#table.expire(clock.monotonicMs()));
      // The 10 % jitter keeps boards powered together from shouting together.
      await clock.sleep(this.#intervalMs * (0.95 + 0.1 * random.next()), this.#pause.signal);
    }
    say(true);
  }

  async #listen(socket: LanSocket, signal: AbortSignal): Promise<void> {
    for await (const { payload } of socket.received(signal))
      this.#happened(this.#table.heard(decodeBeacon(payload), this.#world.clock.monotonicMs()));
  }

  #happened(events: readonly BoardEvent[]): void {
    for (const event of events) {
      this.#tell(event);
      // A newcomer need not wait an interval to hear of us.
      if (event.kind === "joined") this.#joined(event.boardId);
      else if (event.kind === "changed") this.#startAsking(event.boardId, event.endpoint);
      else this.#gone(event);
    }
  }

  #joined(boardId: string): void {
    this.#lingering.get(boardId)?.abort();
    this.#lingering.delete(boardId);
    this.#announceNow();
  }

  /** What a new incarnation provides replaces what the old one did, as soon as it is known. */
  #gone({ boardId, why }: Extract<BoardEvent, { kind: "gone" }>): void {
    this.#versions.delete(boardId);
    if (why === "replaced") return;
    const { linger } = this.#options;
    if (why === "left" || linger === undefined) this.registry.setBoard(boardId, []);
    else {
      this.registry.doubtBoard(boardId, linger.keeps);
      void this.#forgetLater(boardId, linger.durationMs);
    }
  }

  async #forgetLater(boardId: string, durationMs: number): Promise<void> {
    this.#lingering.get(boardId)?.abort();
    const back = new AbortController();
    this.#lingering.set(boardId, back);
    await this.#world.clock.sleep(durationMs, back.signal);
    if (back.signal.aborted) return;
    this.#lingering.delete(boardId);
    this.registry.setBoard(boardId, []);
  }

  #startAsking(boardId: string, endpoint: string): void {
    const asking = this.#ask(boardId, endpoint);
    this.#asking.add(asking);
    void asking.then(() => this.#asking.delete(asking));
  }

  /** Asks a board what it provides; gives up when it is gone or replaced, and with discovery itself. */
  async #ask(boardId: string, endpoint: string): Promise<void> {
    const incarnation = this.#table.incarnationOf(boardId);
    await using client = this.#world.wire.client(endpoint);
    const ended = this.#ended;
    const stop = (): void => void client[Symbol.asyncDispose]();
    const isEnded = (): boolean => ended.aborted;
    if (isEnded()) return;
    ended.addEventListener("abort", stop, { once: true });
    const inventory = await this.#inventoryOf(boardId, client, ended);
    ended.removeEventListener("abort", stop);
    if (isEnded() || this.#table.incarnationOf(boardId) !== incarnation) return;
    if (inventory !== undefined) this.#take(boardId, inventory.version, inventory.providers);
    else {
      this.#world.log.write("warn", "board-silent", { board: boardId, endpoint });
      this.#table.doubt(boardId);
    }
  }

  /** The answer of the board's present incarnation; undefined after too many attempts. */
  async #inventoryOf(
    boardId: string,
    client: WireClient,
    ended: AbortSignal,
  ): Promise<Inventory | undefined> {
    const incarnation = this.#table.incarnationOf(boardId);
    for (let attempt = 0; attempt < INVENTORY_ATTEMPTS_MAX; attempt += 1) {
      const answer = await client.request(INVENTORY_REQUEST, INVENTORY_TIMEOUT_MS);
      if (ended.aborted || this.#table.incarnationOf(boardId) !== incarnation) return undefined;
      const inventory = answer.kind === "reply" ? decodeInventory(answer.frame) : undefined;
      const isTheirs = inventory?.boardId === boardId && inventory.incarnation === incarnation;
      if (isTheirs) return inventory;
    }
    return undefined;
  }

  /** Two answers may overtake each other: the newer list stays. */
  #take(boardId: string, version: number, providers: Parameters<Registry["setBoard"]>[1]): void {
    if (version < (this.#versions.get(boardId) ?? 0)) return;
    this.#versions.set(boardId, version);
    this.registry.setBoard(boardId, providers);
  }
}
