import type { RpcServer } from "../core/rpc.ts";
import type { World } from "../core/world.ts";
import type { MethodTable } from "./control-method.ts";
import { ControlSession } from "./control-session.ts";

/** The socket of a board's agent, unless its options say otherwise. */
export const CONTROL_SOCKET = "control";

/** Where an agent can be asked. */
export interface ControlOptions {
  /** Name of its socket on this board; default "control". */
  readonly socket?: string;
}

/**
 * Lets programs of this board ask its agent, by JSON-RPC 2.0 at a socket of the board, until disposed.
 * Who may connect may ask everything: the file system decides.
 * @throws AgentError RPC_SOCKET_INVALID; rejects when another agent has the socket.
 */
export function openControl(
  { rpc, log }: Pick<World, "rpc" | "log">,
  { socket = CONTROL_SOCKET }: ControlOptions,
  methods: MethodTable,
): Promise<RpcServer> {
  return rpc.serve({ socket }, () => new ControlSession({ methods, log }));
}
