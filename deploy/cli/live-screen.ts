import type { ReadStream, WriteStream } from "node:tty";

// Source: ECMA-48; xterm's alternate screen (DECSET 1049) and cursor (DECTCEM, 25).
const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE_END = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

const KEYS: Readonly<Record<string, string>> = {
  "\u001b[A": "up",
  "\u001bOA": "up",
  "\u001b[B": "down",
  "\u001bOB": "down",
  k: "up",
  j: "down",
};
/** Ctrl-C and Ctrl-D arrive as bytes when the terminal is raw. */
const QUIT = new Set(["q", "Q", "\u0003", "\u0004"]);

/** A terminal that is redrawn as a whole, and the keys that are pressed. Disposal gives it back as it was. */
export class LiveScreen implements Disposable {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #quit: Promise<void>;
  readonly #onData: (data: Buffer) => void;
  readonly #onEnd: () => void;

  /** `press` is told every key but those that quit; "up" and "down" are the arrows. */
  constructor(input: ReadStream, output: WriteStream, press: (key: string) => void) {
    this.#input = input;
    this.#output = output;
    let quit = (): void => undefined;
    this.#quit = new Promise((resolve) => (quit = resolve));
    this.#onData = (data) => {
      const key = data.toString("latin1");
      if (QUIT.has(key)) quit();
      else press(KEYS[key] ?? key);
    };
    this.#onEnd = () => quit();
    // Killed by an error: the terminal is still given back.
    process.once("exit", this.#restore);
    if (input.isTTY) input.setRawMode(true);
    input.on("data", this.#onData).once("end", this.#onEnd).resume();
    output.write(ENTER);
  }

  get size(): { readonly columns: number; readonly rows: number } {
    const { columns, rows } = this.#output;
    return { columns: columns || 80, rows: rows || 24 };
  }

  /** Shows these lines, and nothing else. */
  draw(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}${CLEAR_LINE_END}`).join("\n");
    this.#output.write(`${HOME}${text}${CLEAR_BELOW}`);
  }

  /** The items until somebody quits. */
  async *untilQuit<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = items[Symbol.asyncIterator]();
    const over = this.#quit.then(() => ({ done: true, value: undefined }) as const);
    for (;;) {
      const step = await Promise.race([iterator.next(), over]);
      if (step.done === true) return;
      yield step.value;
    }
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#restore);
    this.#restore();
  }

  readonly #restore = (): void => {
    this.#input.off("data", this.#onData).off("end", this.#onEnd).pause();
    if (this.#input.isTTY) this.#input.setRawMode(false);
    this.#output.write(LEAVE);
  };
}
