import type { AppStatus, Command as BoardCommand } from "../../agent/deployment/protocol.ts";
import { type Answer, BoardClient, complaintOf, type FoundBoard } from "../fleet/board-client.ts";
import { type Command, EXIT, type Terminal, UsageError } from "./command.ts";
import {
  controllerWorld,
  FLEET_HELP,
  FLEET_OPTIONS,
  foundBoards,
  keyOf,
  namedBoardsOf,
} from "./fleet-words.ts";
import { readWords, type Values } from "./words.ts";

/** What one board said. */
interface Told {
  readonly board: string;
  readonly answer: Answer;
}

/** `hedgerow apps`: which versions boards have. */
export const appsCommand: Command = {
  summary: "which applications and versions boards have, and how they are",
  help: `hedgerow apps [APP] --key FILE [options]

Asks every board that is found. A line per board and application: its phase (running, stopped, trying,
healthy: waiting to be kept), the version, the one before, and the last one that failed, with the reason.

  --json                a list: board, then what it says of each application, or its complaint
${FLEET_HELP}

Exit status: 0 all boards answered, 1 one refused or was not found, 2 wrong usage.`,
  async run(words, terminal) {
    const { values, positionals } = read(words);
    const [app, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError("apps takes the name of one application, or none");
    const told = await askAll({ op: "status" }, values, terminal);
    if (told === undefined) return EXIT.failed;
    const lines = told.map(({ board, answer }): StatusLine => {
      if (answer.kind !== "apps") return { board, complaint: complaintOf(answer) };
      return { board, apps: answer.apps.filter((each) => app === undefined || each.app === app) };
    });
    if (values["json"] === true) terminal.out.write(`${JSON.stringify(lines, undefined, 1)}\n`);
    else for (const text of lines.flatMap(statusTexts)) terminal.out.write(`${text}\n`);
    return told.every(({ answer }) => answer.kind === "apps") ? EXIT.ok : EXIT.failed;
  },
};

interface StatusLine {
  readonly board: string;
  readonly apps?: readonly AppStatus[];
  readonly complaint?: string;
}

function statusTexts({ board, apps, complaint = "" }: StatusLine): readonly string[] {
  if (apps === undefined) return [`${board}: ${complaint}`];
  if (apps.length === 0) return [`${board}: nothing installed`];
  return apps.map((each) => `${board}: ${statusText(each)}`);
}

function statusText({ app, phase, current, previous, trial, failed, actors }: AppStatus): string {
  const words = [
    `${app} ${current ?? "-"} ${phase}`,
    ...(trial === null ? [] : [`on trial ${trial}`]),
    ...(actors.length === 0 ? [] : [`actors ${actors.join(" ")}`]),
    ...(previous === null ? [] : [`before ${previous}`]),
    ...(failed === null ? [] : [`failed ${failed.id}: ${failed.reason}`]),
  ];
  return words.join(", ");
}

/** The commands that do one thing to an application on every board. */
function appCommand(
  op: "rollback" | "stop" | "start" | "remove",
  summary: string,
  help: string,
): Command {
  return {
    summary,
    help: `hedgerow ${op} APP --key FILE [options]

${help}

  --json                a list: board, and its complaint if it has one
${FLEET_HELP}

Exit status: 0 done on every board, 1 refused by one or not found, 2 wrong usage.`,
    async run(words, terminal) {
      const { values, positionals } = read(words);
      const [app, ...rest] = positionals;
      if (app === undefined || rest.length > 0)
        throw new UsageError(`${op} takes the name of an application; hedgerow apps lists them`);
      const told = await askAll({ op, app }, values, terminal);
      if (told === undefined) return EXIT.failed;
      const lines = told.map(({ board, answer }) => ({
        board,
        ...(answer.kind === "done" ? {} : { complaint: complaintOf(answer) }),
      }));
      if (values["json"] === true) terminal.out.write(`${JSON.stringify(lines, undefined, 1)}\n`);
      else
        for (const { board, complaint = "done" } of lines)
          terminal.out.write(`${board}: ${complaint}\n`);
      return told.every(({ answer }) => answer.kind === "done") ? EXIT.ok : EXIT.failed;
    },
  };
}

export /**
 *
 */
const rollbackCommand = appCommand(
  "rollback",
  "go back to the version before",
  `Every board stops the version that runs and starts the one before, which becomes current. What ran is
kept: a second rollback goes forward again. Boards without a version before refuse (NOTHING_PREVIOUS).`,
);

export /**
 *
 */
const stopCommand = appCommand(
  "stop",
  "stop an application on boards; it stays installed",
  "Actors end in order. The application stays stopped, also after a restart of the board.",
);

export /**
 *
 */
const startCommand = appCommand(
  "start",
  "start an application that was stopped",
  "What was stopped by hedgerow stop runs again.",
);

export /**
 *
 */
const removeCommand = appCommand(
  "remove",
  "stop an application on boards and remove all its versions",
  "All versions go, with their files; what components have kept in databases stays.",
);

function read(words: readonly string[]): ReturnType<typeof readWords> {
  return readWords(words, { ...FLEET_OPTIONS, json: { type: "boolean" } });
}

async function askAll(
  command: BoardCommand,
  values: Values,
  terminal: Terminal,
): Promise<readonly Told[] | undefined> {
  const signer = keyOf(values);
  const world = controllerWorld(values);
  const boards = await foundBoards(world, values, { wanted: namedBoardsOf(values), terminal });
  const ask = async (found: FoundBoard): Promise<Told> => {
    await using client = new BoardClient(world, found, signer);
    return { board: found.board, answer: await client.command(command) };
  };
  return boards && Promise.all(boards.map(ask));
}
