import { mkdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { AgentError } from "../core/errors.ts";

/** Longest path of a Unix socket, in bytes. Source: unix(7), sun_path with its final zero. */
const PATH_BYTES_MAX = 107;
const FOLDER_MODE = 0o700;

/**
 * The path of the socket `name` in `folder`, which is made for its owner alone when it is missing.
 * @throws AgentError RPC_SOCKET_INVALID
 */
export async function socketPath(folder: string, name: string): Promise<string> {
  const path = join(folder, `${name}.sock`);
  const isName = /^[A-Za-z0-9-]{1,40}$/.test(name);
  if (!isName || folder === "" || Buffer.byteLength(path) > PATH_BYTES_MAX)
    throw new AgentError("RPC_SOCKET_INVALID", { path });
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  return path;
}

/** Whether somebody listens at the socket: one that a killed process has left refuses. */
export async function isAnswering(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    const end = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.once("connect", () => end(true));
    socket.once("error", ({ code }: NodeJS.ErrnoException) =>
      end(code !== "ECONNREFUSED" && code !== "ENOENT"),
    );
  });
}
