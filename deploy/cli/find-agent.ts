import { access, constants, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { askAgent } from "../../agent/control/ask-agent.ts";
import type { Params } from "../../agent/control/control-method.ts";
import { CONTROL_SOCKET } from "../../agent/control/control-server.ts";
import { type Json, RPC_DISCONNECTED } from "../../agent/core/rpc.ts";
import { HttpRpc } from "../../agent/io/http-rpc.ts";
import { controlFolder } from "../../agent/io/real-world.ts";
import { CommandError, UsageError } from "./command.ts";
import { textOf, type Values } from "./words.ts";

/** Where an agent of this machine keeps its data, when nobody says otherwise: of `hedgerow node`, and of the package. */
const FOLDERS = ["node-data", "/var/lib/hedgerow"];
/** How long an agent has to take a connection. */
const CONNECT_MS_MAX = 3_000;

/** Options of every command that asks an agent, for readWords. */
export const AGENT_OPTIONS = { data: { type: "string" }, board: { type: "string" } } as const;

/** The same for a help text. */
export const AGENT_HELP = `  --data FOLDER         of the agent, as hedgerow node --data has it; default $HEDGEROW_DATA, else
                        ./node-data, else /var/lib/hedgerow
  --board NAME          which agent, when several keep their data there`;

/**
 * Finds the socket of the agent that the options name.
 * @throws CommandError when there is none, or it may not be used; UsageError when there are several.
 */
export async function findAgent(values: Values): Promise<string> {
  const given = textOf(values, "data") ?? process.env["HEDGEROW_DATA"];
  const folders = (given === undefined ? FOLDERS : [given]).map((folder) => resolve(folder));
  const wanted = textOf(values, "board");
  for (const folder of folders) {
    const sockets = await socketsIn(folder, wanted);
    const [first] = sockets;
    if (first === undefined) continue;
    if (sockets.length > 1)
      throw new UsageError(
        `several agents keep their data in ${folder}; say which one with --board: ${sockets.map(({ board }) => board).join(", ")}`,
      );
    await requireAccess(first.path);
    return first.path;
  }
  const what = wanted === undefined ? "no agent" : `no agent of ${wanted}`;
  throw new CommandError(
    `${what} has its socket in ${folders.join(" or ")}; start one with hedgerow node, or name its folder with --data`,
  );
}

/** Asks the agent at `path`. @throws CommandError when it is not there, or refuses. */
export async function ask(path: string, method: string, params: Params = {}): Promise<Json> {
  const signal = AbortSignal.timeout(CONNECT_MS_MAX);
  const outcome = await askAgent(new HttpRpc(), `unix:${path}`, { method, params }, signal);
  if (outcome.ok) return outcome.result;
  if (outcome.code === RPC_DISCONNECTED)
    throw new CommandError(`the agent at ${path} does not answer; is it running?`);
  throw new CommandError(`the agent refused ${method}: ${outcome.message}`);
}

async function socketsIn(
  folder: string,
  wanted: string | undefined,
): Promise<readonly { readonly board: string; readonly path: string }[]> {
  const boards = wanted === undefined ? await namesIn(folder) : [wanted];
  const sockets = boards.map((board) => ({
    board,
    path: join(controlFolder(join(folder, board)), `${CONTROL_SOCKET}.sock`),
  }));
  const there = await Promise.all(sockets.map(({ path }) => exists(path)));
  return sockets.filter((_, index) => there[index]);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(codesOf(["ENOENT", "ENOTDIR", "EACCES"]))) ?? [];
}

/** A folder that may not be entered may hold it. */
async function exists(path: string): Promise<boolean> {
  const error = await access(path).catch((reason: unknown) => reason);
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return error === undefined || code === "EACCES";
}

async function requireAccess(path: string): Promise<void> {
  const allowed = await access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!allowed)
    throw new CommandError(
      `you may not use ${path}: ask as the user that runs the agent, or with sudo`,
    );
}

/** Takes errors of these codes for an absence. */
function codesOf(codes: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  };
}
