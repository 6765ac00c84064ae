import { McapWriter } from "@mcap/core";
import type { Clock } from "../core/clock.ts";
import type { FileWriter } from "../core/files.ts";
import type { Log } from "../core/log.ts";
import type { JournalEntry } from "./journal-entry.ts";

/** Bytes that may wait for the disk; a recording that falls behind further ends, whole up to there. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
/** Written in pieces of this size: what a crash can lose. */
const CHUNK_BYTES = 64 * 1024;
const NS_PER_US = 1000n;

/** Name of the metadata that every recording has. */
export const METADATA_NAME = "hedgerow";
const JOURNAL_SCHEMA = "hedgerow.JournalEntry";
const MESSAGE_SCHEMA = "hedgerow.Message";

/** What a recording is made with. */
export interface RecordingParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly file: FileWriter;
  /** Whose components these are; kept in the file. */
  readonly application: string;
}

interface Waiting {
  readonly topic: string;
  readonly schema: string;
  readonly data: Uint8Array;
  readonly utcUs: number;
}

/**
 * One MCAP file: for every recorded component a channel with its journal, and one for each of its
 * ports with the messages alone, as JSON, for viewers. Source: MCAP format specification, mcap.dev/spec.
 */
export class RecordingFile implements AsyncDisposable {
  readonly #parts: RecordingParts;
  readonly #writer: McapWriter;
  readonly #channels = new Map<string, number>();
  readonly #schemas = new Map<string, number>();
  readonly #text = new TextEncoder();
  #pieces: Uint8Array[] = [];
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #sequence = 0;
  #writing: Promise<void> | undefined;
  #ended = false;
  #closed = false;

  constructor(parts: RecordingParts) {
    this.#parts = parts;
    let position = 0n;
    this.#writer = new McapWriter({
      chunkSize: CHUNK_BYTES,
      writable: {
        position: () => position,
        write: (bytes) => {
          position += BigInt(bytes.byteLength);
          this.#pieces.push(bytes.slice());
          return Promise.resolve();
        },
      },
    });
    this.#writing = this.#writeAll(this.#start());
  }

  /** Adds one step of the component called `name`, such as "meter1/meter". */
  entry(name: string, entry: JournalEntry): void {
    this.#add(`/${name}/journal`, JOURNAL_SCHEMA, JSON.stringify(entry));
    const passed = passedPort(entry);
    if (passed !== undefined) this.#add(`/${name}/${passed.port}`, MESSAGE_SCHEMA, passed.text);
  }

  async #start(): Promise<void> {
    const metadata = new Map([["application", this.#parts.application]]);
    await this.#writer.start({ profile: "", library: METADATA_NAME });
    await this.#writer.addMetadata({ name: METADATA_NAME, metadata });
  }

  #add(topic: string, schema: string, text: string): void {
    if (this.#ended) return;
    const data = this.#text.encode(text);
    if (this.#waitingBytes + data.byteLength > WAITING_BYTES_MAX) {
      this.#end("the disk is too slow");
      return;
    }
    this.#waitingBytes += data.byteLength;
    this.#waiting.push({ topic, schema, data, utcUs: this.#parts.clock.utcUs() });
    this.#writing ??= this.#writeAll(Promise.resolve());
  }

  async #writeAll(before: Promise<void>): Promise<void> {
    await before;
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const each of waiting) await this.#write(each);
      await this.#flush();
    }
    this.#writing = undefined;
  }

  async #write({ topic, schema, data, utcUs }: Waiting): Promise<void> {
    let channelId = this.#channels.get(topic);
    if (channelId === undefined) {
      channelId = await this.#writer.registerChannel({
        topic,
        schemaId: await this.#schema(schema),
        messageEncoding: "json",
        metadata: new Map(),
      });
      this.#channels.set(topic, channelId);
    }
    this.#sequence += 1;
    await this.#writer.addMessage({
      channelId,
      sequence: this.#sequence,
      logTime: BigInt(utcUs) * NS_PER_US,
      publishTime: BigInt(utcUs) * NS_PER_US,
      data,
    });
    this.#waitingBytes -= data.byteLength;
  }

  async #schema(name: string): Promise<number> {
    const known = this.#schemas.get(name);
    if (known !== undefined) return known;
    const data = this.#text.encode(JSON.stringify({ title: name, type: "object" }));
    const id = await this.#writer.registerSchema({ name, encoding: "jsonschema", data });
    this.#schemas.set(name, id);
    return id;
  }

  async #flush(): Promise<void> {
    const pieces = this.#pieces;
    this.#pieces = [];
    for (const piece of pieces) {
      const why = await this.#parts.file.write(piece).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      // A full disk ends the recording, not what is recorded.
      if (why !== undefined) this.#end(why);
    }
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = [];
    this.#parts.log.write("error", "recording-ended", { why });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isFirst = !this.#closed;
    this.#closed = true;
    await this.#writing;
    this.#ended = true;
    if (!isFirst) return;
    await this.#writer.end();
    await this.#flush();
    await this.#parts.file[Symbol.asyncDispose]();
  }
}

interface Passed {
  readonly port: string;
  readonly text: string;
}

/** The message that passed a port with this step, if one did. */
function passedPort(entry: JournalEntry): Passed | undefined {
  if (entry.kind === "begin") {
    const [, port] = /^on_(.+)$/.exec(entry.handler) ?? [];
    return port === undefined ? undefined : firstOf(port, entry.args);
  }
  if (entry.kind !== "call" && entry.kind !== "ask") return undefined;
  const [, port] = /^context\.port\.([^.]+)$/.exec(entry.path) ?? [];
  return port === undefined ? undefined : firstOf(port, entry.args);
}

function firstOf(port: string, args: string): Passed | undefined {
  const [first] = JSON.parse(args) as readonly unknown[];
  // Ticks of timers are numbers: viewers want objects.
  return typeof first === "object" ? { port, text: JSON.stringify(first) } : undefined;
}
