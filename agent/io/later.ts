import type { Enforcement, LimitedProgram, ProcessLimits, Resources } from "../core/resources.ts";
import type { Json, Rpc, RpcClient, RpcPlace, RpcServer, RpcSession } from "../core/rpc.ts";
import type { Database, Store } from "../core/store.ts";
import type { HttpRpcOptions } from "./http-rpc-options.ts";

// An actor opens neither a database nor a connection to a ledger. Loading SQLite and WebSocket, with
// http and tls behind it, takes a third of the CPU time and a tenth of the memory of an actor's start:
// they are loaded when first used.

/** SqliteStore, loaded when the first database is opened. */
export class LaterStore implements Store {
  readonly #folder: string;

  /** See SqliteStore. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(name: string): Promise<Database> {
    const { SqliteStore } = await import("./sqlite-store.ts");
    return new SqliteStore(this.#folder).open(name);
  }
}

/** HttpRpc, loaded when the first server or connection is opened. */
export class LaterRpc implements Rpc {
  readonly #options: HttpRpcOptions | undefined;

  /** See HttpRpc. */
  constructor(options?: HttpRpcOptions) {
    this.#options = options;
  }

  async serve(
    place: RpcPlace,
    open: (notify: (notification: Json) => void) => RpcSession,
  ): Promise<RpcServer> {
    const { HttpRpc } = await import("./http-rpc.ts");
    return new HttpRpc(this.#options).serve(place, open);
  }

  async connect(url: string, signal: AbortSignal): Promise<RpcClient> {
    const { HttpRpc } = await import("./http-rpc.ts");
    return new HttpRpc(this.#options).connect(url, signal);
  }
}

/** SystemResources, loaded when the first program is held to a limit. */
export class LaterResources implements Resources {
  readonly #dataFolder: string;
  #system: Promise<Resources> | undefined;

  /** @param dataFolder see SystemResourcesOptions. */
  constructor(dataFolder: string) {
    this.#dataFolder = dataFolder;
  }

  async enforce(program: LimitedProgram, limits: ProcessLimits): Promise<Enforcement> {
    this.#system ??= this.#load();
    return (await this.#system).enforce(program, limits);
  }

  async #load(): Promise<Resources> {
    const { systemResources } = await import("./system-resources.ts");
    return systemResources(this.#dataFolder);
  }
}
