import { McapStreamReader } from "@mcap/core";
import { AgentError } from "../core/errors.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { METADATA_NAME } from "./recording-file.ts";

/** One message of a port, as a recording has it. */
export interface RecordedMessage {
  /** When it passed the port. */
  readonly utcUs: number;
  /** Text of `toText`. */
  readonly text: string;
}

/** What a recording holds. */
export interface Recording {
  /** Undefined for a file that is none of ours. */
  readonly application: string | undefined;
  /** By component, such as "meter1/meter"; every start of its process begins with an "open" entry. */
  readonly journals: ReadonlyMap<string, readonly JournalEntry[]>;
  /** By port, such as "meter1/meter/reading". */
  readonly messages: ReadonlyMap<string, readonly RecordedMessage[]>;
  /** False when its end is missing: the process was killed, or still writes. */
  readonly isWhole: boolean;
}

const JOURNAL = /^\/(.+)\/journal$/;
const NS_PER_US = 1000n;

/** Reads a recording, as far as it was written. @throws AgentError RECORDING_UNREADABLE */
export async function readRecording(pieces: AsyncIterable<Uint8Array>): Promise<Recording> {
  const reader = new McapStreamReader({ validateCrcs: true });
  const topics = new Map<number, string>();
  const journals = new Map<string, JournalEntry[]>();
  const messages = new Map<string, RecordedMessage[]>();
  const text = new TextDecoder();
  let application: string | undefined;
  for await (const piece of pieces) {
    reader.append(piece);
    for (let record = next(reader); record !== undefined; record = next(reader)) {
      if (record.type === "Metadata" && record.name === METADATA_NAME)
        application = record.metadata.get("application");
      if (record.type === "Channel") topics.set(record.id, record.topic);
      if (record.type !== "Message") continue;
      const topic = topics.get(record.channelId) ?? "";
      const data = text.decode(record.data);
      const [, component] = JOURNAL.exec(topic) ?? [];
      if (component !== undefined) list(journals, component).push(JSON.parse(data) as JournalEntry);
      else {
        const utcUs = Number(record.logTime / NS_PER_US);
        list(messages, topic.slice(1)).push({ utcUs, text: data });
      }
    }
  }
  return { application, journals, messages, isWhole: reader.done() };
}

function next(reader: McapStreamReader): ReturnType<McapStreamReader["nextRecord"]> {
  try {
    return reader.nextRecord();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new AgentError("RECORDING_UNREADABLE", { why }, { cause: error });
  }
}

function list<T>(table: Map<string, T[]>, key: string): T[] {
  const known = table.get(key) ?? [];
  table.set(key, known);
  return known;
}
