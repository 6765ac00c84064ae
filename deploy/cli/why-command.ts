import type { Json } from "../../agent/core/rpc.ts";
import type { PortStanding } from "../../agent/node/why-desk.ts";
import { type Command, CommandError, EXIT, UsageError } from "./command.ts";
import { AGENT_HELP, AGENT_OPTIONS, ask, findAgent } from "./find-agent.ts";
import { reasonText } from "./why-text.ts";
import { readWords } from "./words.ts";

/** What the agent's method `why` answers. */
export interface BoardStandings {
  readonly board: string;
  readonly ports: readonly PortStanding[];
}

/** One board's answer, as `everywhere` gives it. */
type BoardAnswer =
  | { readonly board: string; readonly ok: true; readonly result: BoardStandings }
  | { readonly board: string; readonly ok: false; readonly error: { readonly message: string } };

/** `hedgerow why`: the reason why a port is not connected. */
export const whyCommand: Command = {
  summary: "why a port is not connected, and what to do about it",
  help: `hedgerow why [APP/]ACTOR.COMPONENT.PORT [options]
hedgerow why --all [options]

Asks the running agent of this machine, and through it the actors, how far each port has come with those that
it is to connect to. Reasons: nobody provides it, or on a board that is not there, is not trusted, or runs another
version; the shapes of messages differ; a key is refused or missing; a filter or no way between; an address that
does not answer; a clock that nobody knows. Ports that others connect to (pub, srv, rep, ans) wait for nobody:
ask for the port at the other end. Exit status 1: one of the ports asked for is not, or not fully, connected.

  --all                 every port that is not fully connected
  --everywhere          of all boards that are there, not of this one alone
${AGENT_HELP}
  --json                a line of JSON for each board: every port asked for, with its reasons
Example: hedgerow why Hello/listener.ear.greeting`,
  async run(words, { out, err }) {
    const { values, positionals } = readWords(words, {
      ...AGENT_OPTIONS,
      ...{ all: { type: "boolean" }, everywhere: { type: "boolean" }, json: { type: "boolean" } },
    });
    const [port, ...rest] = positionals;
    const isAll = values["all"] === true;
    if (isAll === (port !== undefined) || rest.length > 0)
      throw new UsageError("name one port, as ACTOR.COMPONENT.PORT, or say --all");
    const path = await findAgent(values);
    const params = port === undefined ? {} : { port };
    const answers = await answersOf(path, params, values["everywhere"] === true);
    const told = answers.flatMap((answer) => (answer.ok ? [answer.result] : []));
    if (port !== undefined && told.every(({ ports }) => ports.length === 0))
      throw new CommandError(
        `no actor here has a port ${port}; hedgerow why --all --json names all`,
      );
    for (const answer of answers)
      if (!answer.ok) err.write(`${answer.board}: ${answer.error.message}\n`);
    for (const board of told)
      out.write(values["json"] === true ? `${JSON.stringify(board)}\n` : whyText(board, isAll));
    const isWhole = told.every(({ ports }) => ports.every(({ state }) => isFine(state)));
    return isWhole && told.length === answers.length ? EXIT.ok : EXIT.failed;
  },
};

async function answersOf(
  path: string,
  params: { readonly port?: string },
  isEverywhere: boolean,
): Promise<readonly BoardAnswer[]> {
  if (isEverywhere) {
    const answers = await ask(path, "everywhere", { method: "why", params });
    return answers as readonly Json[] as readonly (Json & BoardAnswer)[];
  }
  const result = (await ask(path, "why", params)) as Json & BoardStandings;
  return [{ board: result.board, ok: true, result }];
}

function isFine(state: PortStanding["state"]): boolean {
  return state === "connected" || state === "none";
}

/** The same for people; with `isShort` only ports about which there is something to say. */
export function whyText({ board, ports }: BoardStandings, isShort: boolean): string {
  const told = ports.filter(
    ({ state, reasons }) => !isShort || !isFine(state) || reasons.length > 0,
  );
  const needing = ports.filter(({ state }) => state !== "none");
  const lines = told.flatMap(({ port, kind, state, peerCount, reasons }) => [
    `${board}: ${port} (${kind}) ${stateText(state, peerCount)}`,
    ...reasons.map(reasonText).flatMap(({ what, advice }) => [`  ${what}`, `    ${advice}`]),
  ]);
  if (told.length === 0)
    lines.push(`${board}: all ${needing.length} ports that connect to others are connected`);
  return `${lines.join("\n")}\n`;
}

function stateText(state: PortStanding["state"], peerCount: number): string {
  if (state === "none") return "connects to nobody: others come to it, or it needs none";
  if (state === "unconnected") return "is not connected";
  return state === "connected"
    ? `is connected to ${peerCount}`
    : `is connected to ${peerCount}, not to all`;
}
