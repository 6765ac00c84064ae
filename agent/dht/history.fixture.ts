// A random history of a cluster, a function of its seed, beside the naive registry that says what is true.
import { SeededRandom } from "../sim/seeded-random.ts";
import { CentralRegistry, type Cluster, namesOf, type TestBoard } from "./cluster.fixture.ts";

export interface HistoryOptions {
  readonly boardCount: number;
  readonly keyCount: number;
  readonly stepCount: number;
  /** Whether boards die, come back and join. */
  readonly churns: boolean;
}

/** Plays a history and keeps the books. */
export class History {
  readonly cluster: Cluster;
  readonly truth = new CentralRegistry();
  readonly #options: HistoryOptions;
  readonly #random: SeededRandom;
  readonly #withdraws: { readonly owner: string; readonly withdraw: () => void }[] = [];
  readonly #listens: {
    readonly board: TestBoard;
    readonly key: string;
    readonly stop: () => void;
  }[] = [];
  readonly #killed: string[] = [];
  #valueCount = 0;

  constructor(cluster: Cluster, seed: number, options: HistoryOptions) {
    this.cluster = cluster;
    this.#options = options;
    this.#random = new SeededRandom(`history ${seed}`);
  }

  async play(): Promise<void> {
    await this.cluster.start(...namesOf(this.#options.boardCount));
    for (let step = 0; step < this.#options.stepCount; step += 1) {
      await this.#step();
      await this.cluster.sim.runFor(this.#random.next() * 200);
    }
  }

  /** Listeners that were not told last what is true. */
  get wrong(): string[] {
    return this.#listens
      .filter(({ board, key }) => board.told.get(key)?.join() !== this.truth.valuesOf(key).join())
      .map(
        ({ board, key }) =>
          `${board.name} of ${key}: told ${String(board.told.get(key))}, true ${String(this.truth.valuesOf(key))}`,
      );
  }

  get listenCount(): number {
    return this.#listens.length;
  }

  async #step(): Promise<void> {
    const { keyCount, churns } = this.#options;
    const board = this.#drawn([...this.cluster.boards.values()]);
    const lot = this.#random.next();
    if (board === undefined) return;
    const key = `k${Math.floor(this.#random.next() * keyCount)}`;
    if (lot < 0.35) this.#publish(board, key);
    else if (lot < 0.5) this.#take(this.#withdraws)?.withdraw();
    else if (lot < 0.85) this.#listen(board, key);
    else if (lot < 0.9) this.#take(this.#listens)?.stop();
    else if (churns) await this.#churn(board, lot);
  }

  #publish(board: TestBoard, key: string): void {
    this.#valueCount += 1;
    const value = `v${this.#valueCount} of ${board.name}`;
    const [one, other] = [
      board.dht.publish(key, value),
      this.truth.publish(board.name, key, value),
    ];
    const withdraw = (): void => {
      one();
      other();
    };
    this.#withdraws.push({ owner: board.name, withdraw });
  }

  #listen(board: TestBoard, key: string): void {
    if (this.#listens.some((each) => each.board === board && each.key === key)) return;
    this.#listens.push({ board, key, stop: board.listen(key) });
  }

  async #churn(board: TestBoard, lot: number): Promise<void> {
    const { boards } = this.cluster;
    if (lot < 0.95 && boards.size > 2) {
      this.#forget(board);
      this.#killed.push(board.name);
      await this.cluster.kill(board.name, this.#random.next() * 1_500);
      this.truth.drop(board.name);
    } else {
      const name = this.#killed.shift();
      if (name !== undefined) await this.cluster.start(name);
    }
  }

  #forget({ name }: TestBoard): void {
    for (const list of [this.#withdraws, this.#listens])
      for (let place = list.length - 1; place >= 0; place -= 1) {
        const each = list[place]!;
        if (("owner" in each ? each.owner : each.board.name) === name) list.splice(place, 1);
      }
  }

  #drawn<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random.next() * list.length)];
  }

  #take<T>(list: T[]): T | undefined {
    return list.splice(Math.floor(this.#random.next() * list.length), 1)[0];
  }
}
