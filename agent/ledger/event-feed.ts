import type { AbiEvent } from "abitype";
import type { FollowRequest, Hex, LedgerEvent } from "../component/ledger-service.ts";
import { type Deferred, deferred } from "../core/waiting.ts";
import { isAhead, pastBlock, pastEvent, startCursor } from "./cursor-rule.ts";
import type { LedgerParts } from "./ledger-parts.ts";
import { type Cursor, readCursor, writeCursor } from "./ledger-records.ts";
import { LogSource } from "./log-source.ts";
import type { ChainLog } from "./log-window.ts";
import { lowerHex } from "./receipt-rule.ts";

/** A reader that found nothing saves its place after so many blocks; until then a restart reads them again. */
const IDLE_BLOCKS_SAVED = 1000;

interface Reader {
  readonly account: string;
  readonly name: string;
  readonly events: ReadonlyMap<Hex, AbiEvent>;
  readonly deliver: (event: LedgerEvent) => Promise<void>;
  /** Stops this reader; set off by its caller or by the manager. */
  readonly signal: AbortSignal;
  readonly source: LogSource;
  /** Where it stands. */
  cursor: Cursor;
  /** Where it would start again. */
  saved: Cursor;
  /** Whether events were delivered since `saved`. */
  unsaved: boolean;
}

/**
 * Delivers events to readers, each in the order of the chain, one at a time.
 *
 * What a restart repeats: nothing after an orderly close. After a crash, the event whose `deliver` had
 * not resolved, and, with `cursorPer: "event"`, at most the one before it; with `"block"`, at most those
 * of the same block. Nothing is ever left out.
 */
export class EventFeed {
  readonly #parts: LedgerParts;
  readonly #readers = new Set<Reader>();
  readonly #sources = new Map<Hex, LogSource>();
  #head = -1;
  #reported = -1;
  #headRaised: Deferred<undefined> = deferred();

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  /** How many readers follow. */
  get readerCount(): number {
    return this.#readers.size;
  }

  /** Blocks up to `finalHead` are final. */
  headed(finalHead: number): void {
    if (finalHead <= this.#head) return;
    this.#head = finalHead;
    const raised = this.#headRaised;
    this.#headRaised = deferred();
    raised.resolve(undefined);
    this.#report();
  }

  /** See LedgerService.follow. @throws AgentError LEDGER_CALL_INVALID when the interface has no such event. */
  async follow(
    account: string,
    request: FollowRequest,
    deliver: (event: LedgerEvent) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { codec, database } = this.#parts;
    const events = codec.eventsByTopic(request.abi, request.events);
    const address = lowerHex(request.address);
    const saved = readCursor(database, account, request.reader);
    const cursor = startCursor(saved, { address, fromBlock: request.fromBlock ?? 0 });
    const source = this.#sources.get(address) ?? new LogSource(this.#parts, address);
    this.#sources.set(address, source);
    source.want(events.keys());
    source.readerCount += 1;
    const both = AbortSignal.any([signal, this.#parts.signal]);
    const reader: Reader = {
      ...{ account, name: request.reader, events, deliver, signal: both, source },
      cursor,
      saved: cursor,
      unsaved: false,
    };
    this.#readers.add(reader);
    try {
      await unlessAborted(this.#run(reader), both);
    } finally {
      this.#readers.delete(reader);
      source.readerCount -= 1;
      if (source.readerCount === 0) this.#sources.delete(address);
      if (!this.#parts.signal.aborted) this.#report();
      await this.#save(reader);
    }
  }

  async #run(reader: Reader): Promise<void> {
    const { activity } = this.#parts.world;
    while (!reader.signal.aborted) {
      if (reader.cursor.blockNumber > this.#head) {
        await this.#headRaised.promise;
        continue;
      }
      activity.begin();
      try {
        await unlessAborted(this.#deliverPage(reader), reader.signal);
      } finally {
        activity.end();
      }
    }
  }

  async #deliverPage(reader: Reader): Promise<void> {
    const page = await reader.source.read(reader.cursor.blockNumber, this.#head);
    const perEvent = this.#parts.settings.cursorPer === "event";
    for (const log of page.logs) {
      if (reader.signal.aborted) return;
      const event = this.#decode(reader, log);
      if (event === undefined) continue;
      const newBlock = log.blockNumber > reader.cursor.blockNumber;
      if (reader.unsaved && (perEvent || newBlock)) await this.#save(reader);
      await reader.deliver(event);
      if (isStopped(reader)) return;
      reader.cursor = pastEvent(reader.cursor, log);
      reader.unsaved = true;
    }
    reader.cursor = pastBlock(reader.cursor, page.toBlock);
    const idleBlocks = reader.cursor.blockNumber - reader.saved.blockNumber;
    if (reader.unsaved || idleBlocks >= IDLE_BLOCKS_SAVED) await this.#save(reader);
    this.#report();
  }

  /** The event, if it is one the reader wants and has not had. */
  #decode(reader: Reader, log: ChainLog): LedgerEvent | undefined {
    const topic = log.topics[0];
    const abiEvent = topic === undefined ? undefined : reader.events.get(topic);
    if (abiEvent === undefined || !isAhead(reader.cursor, log)) return undefined;
    const { blockNumber, logIndex, transactionHash } = log;
    try {
      const { name, args } = this.#parts.codec.decodeEvent(abiEvent, log.topics, log.data);
      return { name, args, blockNumber, logIndex, transactionHash };
    } catch {
      // Another contract's idea of this event: noise, as a malformed message is.
      this.#parts.world.log.write("warn", "ledger-event-malformed", {
        blockNumber,
        logIndex,
        event: abiEvent.name,
      });
      return undefined;
    }
  }

  #save(reader: Reader): Promise<void> {
    const { account, name, cursor, saved } = reader;
    if (cursor === saved) return Promise.resolve();
    reader.saved = cursor;
    reader.unsaved = false;
    return this.#parts.commits.commit((writer) =>
      writeCursor(writer, { account, reader: name }, cursor),
    );
  }

  /** Tells logical time how far all readers are; without readers, how far the chain is. */
  #report(): void {
    let position = this.#head;
    for (const { cursor } of this.#readers) position = Math.min(position, cursor.blockNumber - 1);
    if (position <= this.#reported) return;
    this.#reported = position;
    this.#parts.world.activity.reached("chain", position);
  }
}

function isStopped(reader: Reader): boolean {
  return reader.signal.aborted;
}

/** Waits for `work`, or until `signal` aborts; what fails after that is nobody's business any more. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const stopped = deferred<undefined>();
  const stop = (): void => stopped.resolve(undefined);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  work.catch(() => undefined);
  try {
    await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
