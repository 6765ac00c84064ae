import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { hexOf } from "../../agent/core/hex.ts";
import { BoardIdentity } from "../../agent/io/board-identity.ts";
import { addBoard } from "../onboard/add-board.ts";
import { StepError } from "../onboard/board-files.ts";
import { forgetPeer, tellPeers } from "../onboard/exchange-keys.ts";
import {
  configFolder,
  type KnownBoard,
  readKnownBoards,
  writeKnownBoards,
} from "../onboard/known-boards.ts";
import { placeOf, type Remote, SshBoard, type SshTarget } from "../onboard/ssh.ts";
import { type Command, CommandError, EXIT, type Terminal, UsageError } from "./command.ts";
import { readWords, textOf, type Values, wholeOption } from "./words.ts";

const string = { type: "string" } as const;
const boolean = { type: "boolean" } as const;
/** Names of boards and clusters: they stand in files of the board, and in folders' names. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** `hedgerow board`: boards come and go. */
export const boardCommand: Command = {
  summary: "bring a board into the cluster over ssh, show one, take one out",
  help: `hedgerow board add HOST [options] | show NAME | remove NAME

add: over ssh, looks at the board, installs the package, lets hedgerow doctor look, writes name, cluster and
interface into /etc/hedgerow/node.conf, makes your key an admin of the board, restarts the agent, and lets
this board and those added before connect to each other. A board's secret keys are made there and stay there.
May be done again: what is so already stays. When a step fails it says which, and what to do.
show: what is known of a board. remove: no board lets it connect any more, and it is forgotten here; the
board itself is not touched: apt-get purge hedgerow there takes the package away.

  --deb FILE        the package, as npm run build:board makes it; not needed where it is installed
  --reinstall       installs it also where that version is there
  --name NAME       as deployments name the board; default: its host name
  --cluster NAME    default "default"
  --interface NAME  of the boards' network, such as eth0; default auto: that of the default route
  --user U, --port P, --identity FILE
                    as ssh has them; default: what ~/.ssh/config says. U is root or may use sudo unasked
  --key FILE        who you are; default operator.key in the folder of the list, made if there is none
  --batch           ssh asks nothing: no password, no trust in a new host's key
  --json            what was done, as JSON

The list is $XDG_CONFIG_HOME/hedgerow/boards.json, default ~/.config/hedgerow/boards.json; it holds no secret.
Exit status: 0 done, 1 a step failed, 2 wrong usage.`,
  async run(words, terminal) {
    const { values, positionals } = readWords(words, {
      ...{ deb: string, name: string, cluster: string, interface: string, user: string },
      ...{ port: string, identity: string, key: string },
      ...{ reinstall: boolean, batch: boolean, json: boolean },
    });
    const [action, subject, ...rest] = positionals;
    const run = action === undefined ? undefined : ACTIONS.get(action);
    if (run === undefined || subject === undefined || rest.length > 0 || subject.startsWith("-"))
      throw new UsageError("board takes add HOST, show NAME or remove NAME");
    try {
      return await run(subject, values, terminal);
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      throw new CommandError(
        `step ${error.step} failed: ${error.message}\n  what to do: ${error.advice}`,
      );
    }
  },
};

type Action = (subject: string, values: Values, terminal: Terminal) => Promise<number>;
const ACTIONS: ReadonlyMap<string, Action> = new Map([
  ["add", add],
  ["show", show],
  ["remove", remove],
]);

async function add(host: string, values: Values, terminal: Terminal): Promise<number> {
  const folder = configFolder(process.env);
  const known = await readKnownBoards(folder);
  const target = { ...known.find((each) => each.host === host), ...targetOf(host, values) };
  const deb = textOf(values, "deb");
  if (deb !== undefined && !existsSync(deb)) throw new UsageError(`there is no file ${deb}`);
  const wanted = {
    name: nameOf(values, "name"),
    cluster: nameOf(values, "cluster") ?? "default",
    interfaceName: nameOf(values, "interface") ?? "auto",
  };
  const keyPath = textOf(values, "key") ?? join(folder, "operator.key");
  const operator = { key: hexOf(new BoardIdentity(keyPath).publicKey), name: userInfo().username };
  const tell = (step: string, text: string): void =>
    void terminal.err.write(`${step.padEnd(9)} ${text}\n`);
  await using remote = await connect(target, values, terminal);
  const added = await addBoard(
    remote,
    {
      target: sshPart(target),
      ...wanted,
      debPath: deb,
      isReinstalled: values["reinstall"] === true,
      ...{ operator, known, root: "" },
    },
    tell,
  );
  const { board } = added;
  await writeKnownBoards(folder, [...known.filter(({ name }) => name !== board.name), board]);
  const others = known.filter(
    ({ name, cluster }) => name !== board.name && cluster === board.cluster,
  );
  const untold: string[] = [];
  const { curve } = board;
  if (curve !== undefined)
    for (const other of others) {
      const done = await atPeer(other, values, terminal, async (peer) => {
        await tellPeers(peer, "", [{ name: board.name, curve }]);
      });
      tell(
        "peers",
        done === undefined ? `${other.name} lets it connect` : `${other.name}: ${done}`,
      );
      if (done !== undefined) untold.push(other.name);
    }
  const json = { ...added, untold };
  if (values["json"] === true) terminal.out.write(`${JSON.stringify(json)}\n`);
  else
    terminal.out.write(
      [`${board.name} at ${placeOf(board)} is in ${board.cluster}`, ...added.notes, ""].join("\n"),
    );
  if (untold.length === 0) return EXIT.ok;
  terminal.err.write(
    `hedgerow: not told: ${untold.join(", ")}; when they are there, run this again\n`,
  );
  return EXIT.failed;
}

async function show(name: string, values: Values, { out }: Terminal): Promise<number> {
  const board = await knownBoard(name);
  if (values["json"] === true) out.write(`${JSON.stringify(board)}\n`);
  else for (const [key, value] of Object.entries(board)) out.write(`${key.padEnd(14)} ${value}\n`);
  return EXIT.ok;
}

async function remove(name: string, values: Values, terminal: Terminal): Promise<number> {
  const gone = await knownBoard(name);
  const folder = configFolder(process.env);
  const others = (await readKnownBoards(folder)).filter((each) => each.name !== name);
  const untold: string[] = [];
  const { curve } = gone;
  if (curve !== undefined)
    for (const other of others.filter(({ cluster }) => cluster === gone.cluster)) {
      const failed = await atPeer(other, values, terminal, async (peer) => {
        await forgetPeer(peer, "", { name, curve });
      });
      const said = failed ?? "does not let it connect any more";
      terminal.err.write(`peers     ${other.name}: ${said}\n`);
      if (failed !== undefined) untold.push(other.name);
    }
  if (untold.length > 0)
    throw new CommandError(
      `${name} stays in the list: ${untold.join(", ")} still let it connect; when they are there, run this again`,
    );
  await writeKnownBoards(folder, others);
  const json = { removed: name };
  terminal.out.write(
    values["json"] === true ? `${JSON.stringify(json)}\n` : `${name} is forgotten\n`,
  );
  return EXIT.ok;
}

async function knownBoard(name: string): Promise<KnownBoard> {
  const known = await readKnownBoards(configFolder(process.env));
  const board = known.find((each) => each.name === name);
  if (board !== undefined) return board;
  const names = known.map((each) => each.name).join(", ");
  throw new UsageError(`no board ${name} was added; there are: ${names === "" ? "none" : names}`);
}

/** What went wrong at another board; undefined when nothing did. */
async function atPeer(
  board: KnownBoard,
  values: Values,
  terminal: Terminal,
  act: (remote: Remote) => Promise<void>,
): Promise<string | undefined> {
  try {
    await using remote = await connect(sshPart(board), values, terminal);
    await act(remote);
    return undefined;
  } catch (error) {
    if (error instanceof StepError) return error.message;
    throw error;
  }
}

async function connect(
  target: SshTarget,
  values: Values,
  { signal, isTty }: Terminal,
): Promise<SshBoard> {
  const mayAsk = isTty && values["batch"] !== true && values["json"] !== true;
  const board = await SshBoard.open(target, { mayAsk }, signal);
  if (board instanceof SshBoard) return board;
  throw new StepError(
    "connect",
    `ssh ${placeOf(target)}: ${board.stderr.trim() || `exit status ${board.status}`}`,
    `see whether ssh ${placeOf(target)} works by itself: address, --user, --port, --identity, and the host's key`,
  );
}

function sshPart({ host, user, port, identity }: SshTarget): SshTarget {
  return {
    host,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
    ...(identity === undefined ? {} : { identity }),
  };
}

function targetOf(host: string, values: Values): SshTarget {
  const [user, port] = [
    textOf(values, "user"),
    wholeOption(values, "port", { min: 1, max: 65_535, fallback: undefined }),
  ];
  const identity = textOf(values, "identity");
  return {
    host,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
    ...(identity === undefined ? {} : { identity }),
  };
}

function nameOf(values: Values, option: string): string | undefined {
  const name = textOf(values, option);
  if (name === undefined || NAME.test(name)) return name;
  throw new UsageError(
    `--${option} takes letters, digits, "-", "_" and ".", at most 63, not ${name}`,
  );
}
