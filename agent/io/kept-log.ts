import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import type { Facts, Log, LogLevel } from "../core/log.ts";
import type { LogLine } from "../core/log-history.ts";
import { filesOf, logFileName } from "./log-files.ts";
import { RepeatRule } from "./repeat-rule.ts";

/** A program's log is two files of this size at most, in bytes. */
const FILE_BYTES_MAX = 256 * 1024;
const FILES_MAX = 2;
const LINE_CHARS_MAX = 8 * 1024;

/** What a program's log is kept with. */
export interface KeptLogOptions {
  /** Which program speaks. */
  readonly name: string;
  /** Of the logs of this board; made when it is missing. */
  readonly folder: string;
  readonly clock: Pick<Clock, "utcUs">;
  /** Hears every line too. */
  readonly beside: Log;
  /** Default: 256 KiB. */
  readonly fileBytesMax?: number;
}

interface OpenFile {
  readonly descriptor: number;
  readonly number: number;
  sizeBytes: number;
}

/**
 * Keeps what a program logs in files that take turns, so that it is there when the program has ended.
 *
 * Each line is written at once and left to the system, which gathers what it brings to the disk: a killed
 * program loses nothing, a power cut the last half minute. Debug lines are not kept.
 * Source: proc_sys_vm(5), dirty_expire_centisecs.
 */
export class KeptLog implements Log {
  readonly #options: KeptLogOptions;
  readonly #repeats = new RepeatRule();
  #file: OpenFile | undefined;
  /** A full or failing disk ends the keeping, not the program. */
  #isBroken = false;

  constructor(options: KeptLogOptions) {
    this.#options = options;
  }

  write(level: LogLevel, event: string, facts: Facts): void {
    const { beside, name: program, clock } = this.#options;
    beside.write(level, event, facts);
    if (level === "debug") return;
    const utcUs = clock.utcUs();
    const { keeps, suppressedCount } = this.#repeats.heard(level, event, utcUs);
    if (suppressedCount > 0)
      this.#keep({
        utcUs,
        level,
        program,
        event: "log-suppressed",
        facts: { event, suppressedCount },
      });
    if (keeps) this.#keep({ utcUs, level, program, event, facts });
  }

  #keep(line: LogLine): void {
    if (this.#isBroken) return;
    const text = JSON.stringify(line);
    const { facts, ...rest } = line;
    const cut = { ...rest, facts: { cutFrom: JSON.stringify(facts).slice(0, LINE_CHARS_MAX / 4) } };
    const bytes = Buffer.from(`${text.length > LINE_CHARS_MAX ? JSON.stringify(cut) : text}\n`);
    try {
      this.#write(bytes);
    } catch (error) {
      this.#isBroken = true;
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.beside.write("error", "log-not-kept", { reason });
    }
  }

  #write(bytes: Buffer): void {
    const { fileBytesMax = FILE_BYTES_MAX } = this.#options;
    let file = this.#file ?? this.#open();
    if (file.sizeBytes > 0 && file.sizeBytes + bytes.byteLength > fileBytesMax) {
      closeSync(file.descriptor);
      file = this.#open(file.number + 1);
    }
    this.#file = file;
    // Added to the end whole, whoever else has the file open.
    writeSync(file.descriptor, bytes);
    file.sizeBytes += bytes.byteLength;
  }

  /** Opens the newest file of this program, or begins the one of this number and gives up the oldest. */
  #open(begun?: number): OpenFile {
    const { folder, name } = this.#options;
    mkdirSync(folder, { recursive: true });
    const there = filesOf(readdirSync(folder)).get(name) ?? [];
    const number = begun ?? there.at(-1) ?? 1;
    const kept = [...there.filter((each) => each !== number), number].slice(-FILES_MAX);
    for (const old of there)
      if (!kept.includes(old)) rmSync(join(folder, logFileName(name, old)), { force: true });
    const descriptor = openSync(join(folder, logFileName(name, number)), "a", 0o640);
    return { descriptor, number, sizeBytes: fstatSync(descriptor).size };
  }
}
