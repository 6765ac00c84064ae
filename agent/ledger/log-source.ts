import type { Hex } from "../component/ledger-service.ts";
import { quantityOf } from "./hex.ts";
import type { LedgerParts } from "./ledger-parts.ts";
import { type ChainLog, type LogPage, LogWindow, readLog } from "./log-window.ts";

/** Pause before the node is asked again after it had trouble. */
const TROUBLE_PAUSE_MS = 500;

/** The events of one contract, for all its readers on this board. */
export class LogSource {
  readonly #parts: LedgerParts;
  readonly #address: Hex;
  readonly #topics = new Set<Hex>();
  readonly #window: LogWindow;
  /** Blocks asked for at once; shrinks when the node finds an answer too large, grows back slowly. */
  #pageBlocks: number;
  /** Readers that use this source. */
  readerCount = 0;

  constructor(parts: LedgerParts, address: Hex) {
    this.#parts = parts;
    this.#address = address;
    this.#pageBlocks = parts.settings.pageBlocksMax;
    this.#window = new LogWindow((from, to) => this.#fetch(from, to), parts.settings);
  }

  /** Adds kinds of events to those that are fetched. */
  want(topics: Iterable<Hex>): void {
    const before = this.#topics.size;
    for (const topic of topics) this.#topics.add(topic);
    if (this.#topics.size > before) this.#window.clear();
  }

  /** See LogWindow.read. */
  read(fromBlock: number, head: number): Promise<LogPage> {
    return this.#window.read(fromBlock, head);
  }

  async #fetch(fromBlock: number, wantedTo: number): Promise<LogPage> {
    const { connection, settings, world, signal } = this.#parts;
    for (;;) {
      const toBlock = Math.min(wantedTo, fromBlock + this.#pageBlocks - 1);
      const answer = await connection.ask("eth_getLogs", [
        {
          fromBlock: quantityOf(fromBlock),
          toBlock: quantityOf(toBlock),
          address: this.#address,
          topics: [[...this.#topics]],
        },
      ]);
      if (answer.ok && Array.isArray(answer.result)) {
        this.#pageBlocks = Math.min(settings.pageBlocksMax, this.#pageBlocks * 2);
        return { fromBlock, toBlock, logs: inOrder(answer.result.map(readLog)) };
      }
      world.log.write("warn", "ledger-logs-refused", {
        fromBlock,
        toBlock,
        message: answer.ok ? "no list" : answer.message,
      });
      if (toBlock > fromBlock) this.#pageBlocks = Math.ceil((toBlock - fromBlock + 1) / 2);
      else await world.clock.sleep(TROUBLE_PAUSE_MS, signal);
    }
  }
}

function inOrder(logs: readonly (ChainLog | undefined)[]): ChainLog[] {
  return logs
    .filter((log) => log !== undefined)
    .sort((one, other) => one.blockNumber - other.blockNumber || one.logIndex - other.logIndex);
}
