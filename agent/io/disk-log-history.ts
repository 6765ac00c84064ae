import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { LogBatch, LogHistory, LogLine, LogQuery } from "../core/log-history.ts";
import { cursorPlaces, cursorText, filesOf, logFileName } from "./log-files.ts";

/** Most bytes of one program in one batch. */
const READ_BYTES_MAX = 64 * 1024;

/** A program's log on the disk. */
interface Source {
  readonly program: string;
  readonly folder: string;
  readonly numbers: readonly number[];
}

/** A line and where it ends. */
interface Found {
  readonly line: LogLine | undefined;
  readonly source: Source;
  readonly place: readonly [number: number, offset: number];
}

/** Reads what KeptLog has written: in `folder`/logs, and in those of programs that run as other users. */
export class DiskLogHistory implements LogHistory {
  readonly #folder: string;

  /** `folder` holds the board's data. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async read({ cursor, linesMax }: LogQuery): Promise<LogBatch> {
    const places = { ...cursorPlaces(cursor) };
    const found: Found[] = [];
    let hasGap = false;
    let isMore = false;
    for (const source of await this.#sources()) {
      const [at, offset] = places[source.program] ?? [0, 0];
      hasGap ||= at > 0 && !source.numbers.includes(at);
      for (const number of source.numbers.filter((each) => each >= at)) {
        const lines = await linesIn(source, number, number === at ? offset : 0);
        found.push(...lines.found);
        isMore ||= lines.isMore;
        // What comes after is read when this file has been.
        if (lines.isMore) break;
      }
    }
    // Stable: lines of one program stay in the order in which they were written.
    const sorted = mergedByTime(found);
    for (const { source, place } of sorted.slice(0, linesMax)) places[source.program] = place;
    const lines = sorted
      .slice(0, linesMax)
      .flatMap(({ line }) => (line === undefined ? [] : [line]));
    return {
      lines,
      cursor: cursorText(places),
      isMore: isMore || sorted.length > linesMax,
      hasGap,
    };
  }

  async #sources(): Promise<readonly Source[]> {
    const own = await namesIn(this.#folder);
    const others = own.filter((name) => /^as-\d+$/.test(name));
    const folders = ["", ...others].map((name) => join(this.#folder, name, "logs"));
    const all = await Promise.all(
      folders.map(async (folder) =>
        [...filesOf(await namesIn(folder))].map(([program, numbers]) => ({
          ...{ program, folder, numbers },
        })),
      ),
    );
    return all.flat();
  }
}

/** Merges logs of programs by time and never changes the order within one: a clock may have been set back. */
function mergedByTime(found: readonly Found[]): readonly Found[] {
  const latest = new Map<string, number>();
  const keyed = found.map((each) => {
    const { program } = each.source;
    const atUs = Math.max(each.line?.utcUs ?? 0, latest.get(program) ?? 0);
    latest.set(program, atUs);
    return { each, atUs };
  });
  return keyed.sort((one, other) => one.atUs - other.atUs).map(({ each }) => each);
}

/** Whole lines from `offset` on; one that is still being written waits. */
async function linesIn(
  source: Source,
  number: number,
  offset: number,
): Promise<{ readonly found: readonly Found[]; readonly isMore: boolean }> {
  const path = join(source.folder, logFileName(source.program, number));
  const handle = await open(path).catch(absent);
  if (handle === undefined) return { found: [], isMore: false };
  try {
    const buffer = Buffer.alloc(READ_BYTES_MAX);
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES_MAX, offset);
    const found: Found[] = [];
    let begin = 0;
    for (
      let end = buffer.indexOf(10);
      end >= 0 && end < bytesRead;
      end = buffer.indexOf(10, begin)
    ) {
      const line = parse(buffer.toString("utf8", begin, end));
      begin = end + 1;
      found.push({ line, source, place: [number, offset + begin] });
    }
    const isMore = bytesRead === READ_BYTES_MAX;
    // No line is that long: what a failing disk made of it is passed over.
    if (found.length === 0 && isMore)
      found.push({ line: undefined, source, place: [number, offset + bytesRead] });
    return { found, isMore };
  } finally {
    await handle.close();
  }
}

/** A line that is none, such as one torn by a power cut, is passed over. */
function parse(text: string): LogLine | undefined {
  try {
    const line = JSON.parse(text) as Partial<LogLine> | null;
    const isWhole = typeof line?.utcUs === "number" && typeof line.event === "string";
    return isWhole ? (line as LogLine) : undefined;
  } catch {
    return undefined;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(absent)) ?? [];
}

function absent(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
