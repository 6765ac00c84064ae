import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { BENCH_MODEL } from "../bench/application.ts";

/** Where one of the two boards runs. */
export interface Place {
  readonly board: "a" | "b";
  /** Network namespace; undefined: this one. */
  readonly namespace: string | undefined;
  readonly host: string;
  readonly broadcastHost: string;
}

/** How long two boards took, in ms from the moment the later one was up. */
export interface PairTimes {
  /** From the later agent's start to the later of both "joined". */
  readonly joinedMs: number;
  /** From the later actor's "active" to the first message that arrived. */
  readonly pairedMs: number;
}

interface Line {
  readonly kind?: string;
  readonly phase?: string;
  readonly atUs: number;
}

const BOARD_MODULE = new URL("./board.js", import.meta.url).pathname;
const DEPLOYMENT = `language hedgerow 1;
app Bench {
  on (a) Talker(textLength = 10);
  on (b) Hearer(latencyCount = 10, burstCount = 0, echoCount = 0, textLength = 10);
}
`;

/** One agent in a process of its own. */
class Board implements AsyncDisposable {
  readonly #child: ReturnType<typeof spawn>;
  readonly #lines: Line[] = [];
  #wake = (): void => undefined;
  #ended = false;

  constructor({ board, namespace, host, broadcastHost }: Place, folder: string, udpPort: number) {
    const application = {
      ...{ modelName: "bench.riaps", modelText: BENCH_MODEL },
      ...{ deploymentName: "bench.depl", deploymentText: DEPLOYMENT },
    };
    const told = {
      world: { host, broadcastHost, dataFolder: `${folder}/${board}`, reportTo: "stdout" },
      node: { board, cluster: `pair-${udpPort}`, beaconUdpPort: udpPort, application },
    };
    const enter = namespace === undefined ? [] : ["ip", "netns", "exec", namespace];
    const command = [...enter, process.execPath, BOARD_MODULE, JSON.stringify(told)];
    this.#child = spawn("env", command, { stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.stdout === null) throw new Error("a pipe was asked for");
    createInterface(this.#child.stdout).on("line", (line) => {
      this.#lines.push(JSON.parse(line) as Line);
      this.#wake();
    });
    this.#child.on("exit", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** When it first said so, in µs; rejects when the process ends before. */
  async when(said: string): Promise<number> {
    for (;;) {
      const line = this.#lines.find(({ kind, phase }) => kind === said || phase === said);
      if (line !== undefined) return line.atUs;
      if (this.#ended) throw new Error(`a board ended before it said "${said}"`);
      await new Promise<void>((resolve) => {
        const wake = this.#wake;
        this.#wake = () => {
          wake();
          resolve();
        };
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended) return;
    this.#child.stdin?.end();
    await once(this.#child, "exit");
  }
}

/**
 * Starts two agents, the second when the first is ready, waits until the sub port of board "b" hears the
 * pub port of board "a", and stops both. @param udpPort for beacons, used by nobody else.
 */
export async function measurePair(
  places: readonly [first: Place, second: Place],
  folder: string,
  udpPort: number,
): Promise<PairTimes> {
  const [firstPlace, secondPlace] = places;
  await using first = new Board(firstPlace, folder, udpPort);
  await first.when("ready");
  await using second = new Board(secondPlace, folder, udpPort);
  const boards = [first, second];
  const hearer = firstPlace.board === "b" ? first : second;
  const latest = async (said: string): Promise<number> =>
    Math.max(...(await Promise.all(boards.map((board) => board.when(said)))));
  const joinedMs = ((await latest("board-joined")) - (await latest("ready"))) / 1_000;
  const pairedMs = ((await hearer.when("paired")) - (await latest("actor-active"))) / 1_000;
  return { joinedMs, pairedMs };
}
