import type { LedgerService } from "../component/ledger-service.ts";
import type { Program } from "../core/program.ts";
import { aborted } from "../core/waiting.ts";
import type { World } from "../core/world.ts";
import type { BoardEvent } from "../discovery/board-table.ts";
import { Discovery } from "../discovery/discovery.ts";
import type { ActorInstance } from "../model/instances.ts";
import { superviseActor } from "./actor-supervisor.ts";
import { actorsOn } from "./application-files.ts";
import type { NodeLedgerOptions, NodeMessage, NodeOptions } from "./node-options.ts";

/** Opens the ledger manager of a board. */
export type OpenLedger = (
  world: World,
  options: NodeLedgerOptions & { readonly database: string },
  signal: AbortSignal,
) => Promise<LedgerService & AsyncDisposable>;

/**
 * The program of one board's agent: takes part in discovery, keeps the board's ledger manager, and
 * starts and supervises the actors that the deployment places on this board.
 *
 * The ledger's manager is opened by an argument, so that this room does not depend on that one.
 * Rejects when the model has errors (MODEL_INVALID), or a manager fails.
 */
export function nodeProgram(openLedger: OpenLedger): Program {
  return async (world, options, parent, signal) => {
    world.activity.begin();
    const { board, application, ledger: ledgerOptions } = options as NodeOptions;
    const tell = (message: NodeMessage): void => parent.send(message);
    const actors = application === undefined ? [] : actorsOn(application, board);
    const ended = new AbortController();
    await using ledger =
      ledgerOptions === undefined
        ? undefined
        : await openLedger(world, { ...ledgerOptions, database: `ledger-${board}` }, ended.signal);
    const discovery = new Discovery(world, discoveryOptions(options as NodeOptions), (event) => {
      boardEvent(world, tell, event);
    });
    const discovering = discovery.run(ended.signal);
    const { registry } = discovery;
    const parts = { world, registry, ledger, tell };
    const running = actors.map((actor: ActorInstance) => superviseActor(parts, actor, signal));
    world.log.write("info", "node-ready", { board, actorCount: actors.length });
    tell({ kind: "ready", actorCount: actors.length });
    world.activity.end();
    // A manager that fails takes the agent down with it, and says why.
    await Promise.race([Promise.all([aborted(signal), ...running]), discovering]);
    ended.abort();
    await discovering;
  };
}

function discoveryOptions(options: NodeOptions): ConstructorParameters<typeof Discovery>[1] {
  const { board, cluster, beaconUdpPort, beaconIntervalMs } = options;
  const interval = beaconIntervalMs === undefined ? {} : { intervalMs: beaconIntervalMs };
  return { boardId: board, cluster, beaconUdpPort, ...interval };
}

function boardEvent(world: World, tell: (message: NodeMessage) => void, event: BoardEvent): void {
  if (event.kind === "changed") return;
  const why = event.kind === "gone" ? { why: event.why } : {};
  world.log.write("info", `board-${event.kind}`, { board: event.boardId, ...why });
  tell({ kind: event.kind === "joined" ? "board-joined" : "board-gone", board: event.boardId });
}
