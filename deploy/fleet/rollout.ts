import type { Bundle } from "../../agent/bundle/bundle-file.ts";
import type { Identity } from "../../agent/core/identity.ts";
import type { World } from "../../agent/core/world.ts";
import { idOf } from "../../agent/deployment/app-store.ts";
import type { AppStatus } from "../../agent/deployment/protocol.ts";
import { BoardClient, complaintOf, type FoundBoard } from "./board-client.ts";
import { type ChunkCounts, transfer } from "./transfer.ts";
import type { Waves } from "./waves-rule.ts";

/** What is to be rolled out, and to whom. */
export interface RolloutOptions {
  readonly bundle: Bundle;
  readonly boards: readonly FoundBoard[];
  /** Names of boards, each of `boards` once. */
  readonly waves: Waves;
  /** Signs the commands. */
  readonly signer: Identity;
  readonly allowsDowngrade?: boolean;
  readonly tell?: (event: RolloutEvent) => void;
}

/** What happens on the way, for people and for machines. */
export interface RolloutEvent extends Partial<ChunkCounts> {
  readonly kind:
    | "offered"
    | "transferred"
    | "trying"
    | "healthy"
    | "failed"
    | "kept"
    | "taken-back";
  readonly board: string;
  readonly detail?: string;
}

/** What became of one board. */
export interface BoardOutcome {
  readonly board: string;
  /** kept: it runs the new version; failed: because of it all went back; taken-back: it runs what it ran before. */
  readonly result: "kept" | "failed" | "taken-back" | "untouched";
  readonly detail: string;
}

/** What became of a rollout. */
export interface RolloutOutcome {
  readonly isDone: boolean;
  readonly boards: readonly BoardOutcome[];
}

const POLL_MS = 500;
/** A board that says nothing for so long while it tries a version is lost. */
const LOST_MS = 20_000;
const STATUS_TIMEOUT_MS = 3_000;
const TAKE_BACK_TIMEOUT_MS = 15_000;

/**
 * Brings a bundle to boards in waves, each wave only when every board so far is healthy, and keeps it
 * only when all are: a board that is sick, refuses, or is lost takes all back. Boards of a later wave get
 * chunks from boards of earlier ones. When this controller dies, boards go back by themselves.
 * Resolves when every board is at rest, also when `signal` aborts.
 */
export async function rollOut(
  world: Pick<World, "wire" | "clock">,
  options: RolloutOptions,
  signal: AbortSignal,
): Promise<RolloutOutcome> {
  const clients = options.boards.map((found) => new BoardClient(world, found, options.signer));
  try {
    return await new Rollout(world, options, clients, signal).run();
  } finally {
    for (const client of clients) await client[Symbol.asyncDispose]();
  }
}

class Rollout {
  readonly #world: Pick<World, "wire" | "clock">;
  readonly #options: RolloutOptions;
  readonly #clients: readonly BoardClient[];
  readonly #signal: AbortSignal;
  readonly #offered = new Set<BoardClient>();
  /** Those that run something else because of this rollout. */
  readonly #changed = new Set<BoardClient>();
  readonly #healthy = new Set<BoardClient>();
  readonly #kept = new Set<BoardClient>();
  readonly #failed = new Map<BoardClient, string>();

  constructor(
    world: Pick<World, "wire" | "clock">,
    options: RolloutOptions,
    clients: readonly BoardClient[],
    signal: AbortSignal,
  ) {
    this.#world = world;
    this.#options = options;
    this.#clients = clients;
    this.#signal = signal;
  }

  async run(): Promise<RolloutOutcome> {
    await this.#offerAll();
    for (const wave of this.#options.waves) {
      if (!this.#isGood) break;
      await this.#runWave(this.#clients.filter(({ board }) => wave.includes(board)));
    }
    if (this.#isGood) await this.#keepAll();
    else await this.#takeAllBack();
    return { isDone: this.#kept.size === this.#clients.length, boards: this.#outcomes() };
  }

  get #isGood(): boolean {
    return this.#failed.size === 0 && !this.#signal.aborted;
  }

  /** In the order of names, one by one: of two controllers one gets all boards, and the other none. */
  async #offerAll(): Promise<void> {
    const { bundle, allowsDowngrade = false } = this.#options;
    const sorted = [...this.#clients].sort((one, other) => (one.board < other.board ? -1 : 1));
    for (const client of sorted) {
      if (!this.#isGood) return;
      const { envelope } = bundle;
      const answer = await client.command({ op: "offer", envelope, allowsDowngrade });
      if (answer.kind !== "missing") {
        this.#fails(client, complaintOf(answer));
        return;
      }
      this.#offered.add(client);
      this.#tell(
        "offered",
        client,
        `${answer.hashes.length} of ${bundle.chunks.size} chunks missing`,
      );
    }
  }

  async #runWave(wave: readonly BoardClient[]): Promise<void> {
    const peers = [...this.#healthy].map(({ endpoint }) => endpoint);
    // Those who have it already must not think that they are forgotten.
    const over = new AbortController();
    const kept = this.#keepAlive(over.signal);
    await Promise.all(wave.map((client) => this.#runBoard(client, peers)));
    over.abort();
    await kept;
  }

  async #keepAlive(signal: AbortSignal): Promise<void> {
    const waiting = [...this.#healthy];
    while (!signal.aborted && waiting.length > 0) {
      for (const client of waiting) {
        const status = await this.#statusOf(client);
        if (typeof status === "object" && status.phase !== "healthy")
          this.#fails(client, status.failed?.reason ?? `it is ${status.phase}`);
      }
      await this.#world.clock.sleep(POLL_MS, signal);
    }
  }

  async #runBoard(client: BoardClient, peers: readonly string[]): Promise<void> {
    const { bundle } = this.#options;
    const { app } = bundle.manifest;
    const sent = await transfer(client, { bundle, peers }, this.#signal);
    if (typeof sent === "string") {
      this.#fails(client, sent);
      return;
    }
    this.#options.tell?.({ kind: "transferred", board: client.board, ...sent });
    if (this.#signal.aborted) return;
    const answer = await client.command({ op: "try", app, id: idOf(bundle) });
    if (answer.kind !== "done") {
      this.#fails(client, complaintOf(answer));
      return;
    }
    this.#tell("trying", client);
    await this.#untilHealthy(client);
  }

  async #untilHealthy(client: BoardClient): Promise<void> {
    const { clock } = this.#world;
    const id = idOf(this.#options.bundle);
    let heardMs = clock.monotonicMs();
    while (this.#isGood) {
      const status = await this.#statusOf(client);
      if (typeof status === "object") {
        heardMs = clock.monotonicMs();
        // It may have had this version all along.
        if (status.trial === id) this.#changed.add(client);
        if (status.phase === "healthy" || (status.trial === null && status.current === id)) {
          this.#healthy.add(client);
          this.#tell("healthy", client);
          return;
        }
        if (status.trial === null) {
          this.#fails(client, status.failed?.reason ?? "it went back without a reason");
          return;
        }
      } else if (clock.monotonicMs() - heardMs > LOST_MS) {
        this.#fails(client, `lost: ${status ?? "it does not have the application"}`);
        return;
      }
      await clock.sleep(POLL_MS, this.#signal);
    }
  }

  /** How the application stands on a board; a text when the board does not say. */
  async #statusOf(client: BoardClient): Promise<AppStatus | string | undefined> {
    const answer = await client.command({ op: "status" }, STATUS_TIMEOUT_MS);
    if (answer.kind !== "apps") return complaintOf(answer);
    const { app } = this.#options.bundle.manifest;
    return answer.apps.find((each) => each.app === app);
  }

  async #keepAll(): Promise<void> {
    const { bundle } = this.#options;
    const { app } = bundle.manifest;
    const confirm = async (client: BoardClient): Promise<void> => {
      const answer = await client.command({ op: "confirm", app, id: idOf(bundle) });
      if (answer.kind === "done") {
        this.#kept.add(client);
        this.#tell("kept", client);
      } else this.#fails(client, complaintOf(answer));
    };
    await Promise.all(this.#clients.map(confirm));
    // Healthy a moment ago, and not any more: those that had kept it go back too.
    if (this.#failed.size > 0) await this.#takeAllBack();
  }

  async #takeAllBack(): Promise<void> {
    const { app } = this.#options.bundle.manifest;
    const takeBack = async (client: BoardClient): Promise<void> => {
      const isKept = this.#kept.delete(client);
      // A board that had this version all along keeps it.
      const op = isKept && this.#changed.has(client) ? "rollback" : "withdraw";
      const answer = await client.command({ op, app }, TAKE_BACK_TIMEOUT_MS);
      if (answer.kind === "done" && this.#changed.has(client)) this.#tell("taken-back", client);
    };
    await Promise.all([...this.#offered].map(takeBack));
  }

  #fails(client: BoardClient, reason: string): void {
    if (this.#failed.has(client)) return;
    this.#failed.set(client, reason);
    this.#tell("failed", client, reason);
  }

  #tell(kind: RolloutEvent["kind"], { board }: BoardClient, detail?: string): void {
    this.#options.tell?.({ kind, board, ...(detail === undefined ? {} : { detail }) });
  }

  #outcomes(): readonly BoardOutcome[] {
    return this.#clients.map((client) => {
      const { board } = client;
      const detail = this.#failed.get(client) ?? "";
      if (this.#failed.has(client)) return { board, result: "failed", detail };
      if (this.#kept.has(client)) return { board, result: "kept", detail };
      return { board, result: this.#changed.has(client) ? "taken-back" : "untouched", detail };
    });
  }
}
