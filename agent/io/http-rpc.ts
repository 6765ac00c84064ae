import type { Json, Rpc, RpcClient, RpcPlace, RpcServer, RpcSession } from "../core/rpc.ts";
import type { HttpRpcOptions } from "./http-rpc-options.ts";
import { HttpRpcServer } from "./http-rpc-server.ts";
import { connectRpc } from "./rpc-client.ts";
import { socketPath } from "./rpc-socket-path.ts";

/**
 * JSON-RPC 2.0 over HTTP POST and WebSocket, on one port of loopback or one Unix socket.
 * Source: jsonrpc.org/specification; go-ethereum rpc/http.go for content type and limits.
 */
export class HttpRpc implements Rpc {
  readonly #options: Required<HttpRpcOptions>;

  constructor(options: HttpRpcOptions = {}) {
    this.#options = {
      bodyBytesMax: 5 * 1024 * 1024,
      connectionsMax: 100,
      outstandingMax: 256,
      backlogBytesMax: 16 * 1024 * 1024,
      socketFolder: "",
      ...options,
    };
  }

  async serve(
    place: RpcPlace,
    open: (notify: (notification: Json) => void) => RpcSession,
  ): Promise<RpcServer> {
    const server = new HttpRpcServer(this.#options, open);
    const folder = this.#options.socketFolder;
    await (typeof place === "number"
      ? server.listen(place)
      : server.listenAt(await socketPath(folder, place.socket)));
    return server;
  }

  connect(url: string, signal: AbortSignal): Promise<RpcClient> {
    return connectRpc(url, signal);
  }
}
