import { setTimeout as sleep } from "node:timers/promises";
import type { Params } from "../../agent/control/control-method.ts";
import { HttpRpc } from "../../agent/io/http-rpc.ts";
import { AgentLink } from "../watch/agent-link.ts";
import { type BoardLine, type LogAnswer, LogMerge } from "../watch/log-merge.ts";
import { plainText } from "../watch/table-text.ts";
import { type Command, CommandError, EXIT, type Terminal, UsageError } from "./command.ts";
import { AGENT_HELP, AGENT_OPTIONS, findAgent } from "./find-agent.ts";
import { partsText } from "./log-text.ts";
import type { NodeStatus } from "./status-command.ts";
import { listOption, readWords, textOf } from "./words.ts";

/** Between two questions of --follow. */
const POLL_MS = 400;
const SINCE_MS = 600_000;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `hedgerow logs`: what all programs of the cluster have logged, in order of cluster time. */
export const logsCommand: Command = {
  summary: "what agents and actors have logged, of all boards, in order of cluster time",
  help: `hedgerow logs [options]

Every board keeps what its programs log (512 KiB each), also when they have ended. The agent of this machine
asks the others; a line goes out when every board that answers has told all that is older. When an agent
goes away, reading goes on where it stopped as soon as it is back.

  -f, --follow          goes on until Ctrl-C
  --from NAME           only of this board; may be given several times
  --actor TEXT          only of programs with this in their names, such as feeder1/prosumer101
  --level LEVEL         info, warn or error: nothing below it
  --since WHEN          a time (2027-01-15T08:00:00Z) or how long ago (30s, 10m, 2h, 7d); default 10m
  --json                a line of JSON each
${AGENT_HELP}`,
  async run(words, terminal) {
    const string = { type: "string" } as const;
    const { values } = readWords(words, {
      ...{ ...AGENT_OPTIONS, follow: { type: "boolean", short: "f" }, json: { type: "boolean" } },
      ...{ from: { ...string, multiple: true }, actor: string, level: string, since: string },
    });
    const level = textOf(values, "level");
    const actor = textOf(values, "actor");
    const filter: Params = {
      sinceUtcUs: sinceUtcUs(textOf(values, "since"), Date.now()),
      ...(level === undefined ? {} : { level }),
      ...(actor === undefined ? {} : { program: actor }),
    };
    const path = await findAgent(values);
    await using link = new AgentLink(new HttpRpc(), `unix:${path}`);
    const from = listOption(values, "from");
    const isJson = values["json"] === true;
    const reader = new LogReader(link, { filter, from }, terminal);
    const isFollowed = values["follow"] === true;
    if (!(await reader.readAll()))
      throw new CommandError(`the agent at ${path} does not answer; is it running?`);
    write(reader.merge.take(!isFollowed), isJson, terminal);
    while (isFollowed && !terminal.signal.aborted) {
      await sleep(POLL_MS, undefined, { signal: terminal.signal }).catch(() => undefined);
      await reader.readAll();
      write(reader.merge.take(terminal.signal.aborted), isJson, terminal);
    }
    return EXIT.ok;
  },
};

interface Wanted {
  readonly filter: Params;
  /** No names: of all boards. */
  readonly from: readonly string[];
}

/** Reads on at every board, each from where it stopped. */
class LogReader {
  readonly merge = new LogMerge();
  readonly #link: AgentLink;
  readonly #wanted: Wanted;
  readonly #terminal: Terminal;
  readonly #told = new Set<string>();

  constructor(link: AgentLink, wanted: Wanted, terminal: Terminal) {
    this.#link = link;
    this.#wanted = wanted;
    this.#terminal = terminal;
  }

  /** All that is there now; false when the agent does not answer. */
  async readAll(): Promise<boolean> {
    const { from } = this.#wanted;
    const status = await this.#link.ask("status");
    if (status === undefined) {
      this.#complain("this board", "the agent does not answer; trying again");
      return false;
    }
    this.#told.delete("this board");
    const { boards } = status as unknown as NodeStatus;
    const wanted = from.length === 0 ? boards : from;
    await Promise.all(wanted.map((board) => this.#readBoard(board)));
    return true;
  }

  async #readBoard(board: string): Promise<void> {
    for (;;) {
      const params = { ...this.#wanted.filter, cursor: this.merge.cursorOf(board) };
      const [answer] = (await this.#link.everywhere<LogAnswer>("logs", params, [board])) ?? [];
      if (answer?.ok !== true) {
        this.merge.silent(board);
        this.#complain(board, answer?.error.message ?? "the agent does not answer");
        return;
      }
      this.#told.delete(board);
      if (answer.result.hasGap)
        this.#terminal.err.write(`${board}: lines were given up before they were read\n`);
      this.merge.heard(board, answer.result);
      if (!answer.result.isMore) return;
    }
  }

  /** Once, until it answers again. */
  #complain(board: string, message: string): void {
    if (this.#told.has(board)) return;
    this.#told.add(board);
    this.#terminal.err.write(`${plainText(board)}: ${plainText(message)}\n`);
  }
}

function write(lines: readonly BoardLine[], isJson: boolean, { out }: Terminal): void {
  for (const line of lines) out.write(`${isJson ? JSON.stringify(line) : lineText(line)}\n`);
}

function lineText({ utcUs, level, program, event, facts }: BoardLine): string {
  const utc = new Date(utcUs / 1000).toISOString();
  return plainText(partsText({ utc, level, name: program, event, facts }));
}

/** The instant of --since, in µs. @throws UsageError */
export function sinceUtcUs(text: string | undefined, nowUtcMs: number): number {
  if (text === undefined) return (nowUtcMs - SINCE_MS) * 1000;
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const isDate = /^\d{4}-\d\d-\d\d/.test(text);
  const ms =
    count === undefined
      ? Date.parse(isDate ? text : "")
      : nowUtcMs - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (!Number.isFinite(ms) || ms < 0)
    throw new UsageError(`--since takes a time or how long ago, such as 10m, not ${text}`);
  return Math.round(ms * 1000);
}
