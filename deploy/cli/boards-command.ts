import { configFolder, type KnownBoard, readKnownBoards } from "../onboard/known-boards.ts";
import { placeOf, SshBoard } from "../onboard/ssh.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { readWords } from "./words.ts";

/** How a board is now. */
interface Live {
  /** running; stopped: no agent answers there; unreachable: ssh does not get there. */
  readonly state: "running" | "stopped" | "unreachable";
  readonly actorCount?: number;
  readonly uptimeMs?: number;
  readonly boards?: readonly string[];
}

/** `hedgerow boards`: all boards that were added, and how they are. */
export const boardsCommand: Command = {
  summary: "the boards that were added, and how they are now",
  help: `hedgerow boards [options]

Lists the boards of hedgerow board add, and asks each over ssh, without questions, how its agent is.
Exit status 1: a board is not running.

  --known       asks nobody: only what is known here
  --json        a list of {name, host, cluster, version, ed25519, curve, …, live}`,
  async run(words, { out, signal }) {
    const boolean = { type: "boolean" } as const;
    const { values, positionals } = readWords(words, { known: boolean, json: boolean });
    if (positionals.length > 0) throw new UsageError("boards takes no words; see board show NAME");
    const known = await readKnownBoards(configFolder(process.env));
    const asks = values["known"] !== true;
    const rows = await Promise.all(
      known.map(async (board) => ({
        ...board,
        ...(asks ? { live: await liveOf(board, signal) } : {}),
      })),
    );
    if (values["json"] === true) out.write(`${JSON.stringify(rows)}\n`);
    else
      out.write(
        known.length === 0
          ? "no boards yet; hedgerow board add HOST adds one\n"
          : rows.map(rowText).join(""),
      );
    const isWell = rows.every(({ live }) => live === undefined || live.state === "running");
    return isWell ? EXIT.ok : EXIT.failed;
  },
};

function rowText({
  name,
  cluster,
  architecture,
  version,
  live,
  ...target
}: KnownBoard & { readonly live?: Live }): string {
  const actors = live?.actorCount === undefined ? "" : `, ${live.actorCount} actors`;
  const state = live === undefined ? "" : `  ${live.state}${actors}`;
  return `${name.padEnd(20)} ${placeOf(target).padEnd(24)} ${cluster.padEnd(12)} ${architecture.padEnd(6)} ${version.padEnd(10)}${state}\n`;
}

async function liveOf(board: KnownBoard, signal: AbortSignal): Promise<Live> {
  const opened = await SshBoard.open(board, { mayAsk: false }, signal);
  if (!(opened instanceof SshBoard)) return { state: "unreachable" };
  await using remote = opened;
  const { stdout } = await remote.run("hedgerow status --json --data /var/lib/hedgerow\n", true);
  return readLive(stdout);
}

/** Reads what `hedgerow status --json` printed on a board; anything else means that no agent answered. */
export function readLive(text: string): Live {
  const line = text.split("\n").find((each) => each.startsWith("{"));
  if (line === undefined) return { state: "stopped" };
  try {
    const { uptimeMs, actors, boards } = JSON.parse(line) as Partial<Record<string, unknown>>;
    if (typeof uptimeMs !== "number" || !Array.isArray(actors) || !Array.isArray(boards))
      return { state: "stopped" };
    return { state: "running", uptimeMs, actorCount: actors.length, boards: boards.map(String) };
  } catch {
    return { state: "stopped" };
  }
}
