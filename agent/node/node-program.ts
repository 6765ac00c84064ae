import { isPublisherKey, placeOfKey } from "../actor/provider-key.ts";
import type { LedgerService } from "../component/ledger-service.ts";
import type { Program } from "../core/program.ts";
import { openSwitchboard, type Switchboard } from "../core/switchboard.ts";
import { aborted, deferred } from "../core/waiting.ts";
import type { World } from "../core/world.ts";
import {
  type BoardEvent,
  Discovery,
  type DiscoveryOptions,
  SETTLE_MS,
} from "../discovery/discovery.ts";
import type { Trust } from "../membership/trust-rule.ts";
import { actorsOn } from "./application-files.ts";
import { encodeVersion, versionOf } from "./application-version.ts";
import { type Crew, crewsOf, type Inheritance, inheritanceOf } from "./crew-rule.ts";
import { dismissed, superviseCrew } from "./crew-supervisor.ts";
import { MeasureDesk } from "./measure-desk.ts";
import { NewsDesk } from "./news-desk.ts";
import { openNodeControl } from "./node-control.ts";
import type { NodeLedgerOptions, NodeMessage, NodeOptions, NodeRequest } from "./node-options.ts";
import { StatusTable } from "./status-table.ts";
import type { SupervisorParts } from "./supervisor-parts.ts";
import { openTrustedKeys } from "./trusted-keys.ts";

/** Opens the ledger manager of a board. */
export type OpenLedger = (
  world: World,
  options: NodeLedgerOptions & { readonly database: string },
  signal: AbortSignal,
) => Promise<LedgerService & AsyncDisposable>;

/** Actors that were taken over have so long to say again what they provide, before others ask, in ms. */
const RETOLD_MS_MAX = 2_000;
/** As long as actors go on without an agent. */
const LINGER_MS = 600_000;

/**
 * The program of one board's agent: takes part in discovery, keeps the board's ledger manager, and
 * starts and supervises the actors that the deployment places on this board. Actors that an earlier
 * agent left running are taken over when they run what the deployment says now.
 *
 * The ledger's manager is opened by an argument, so that this room does not depend on that one.
 * Rejects when the model has errors (MODEL_INVALID), another agent of this board is there
 * (SPAWNER_IN_USE), or a manager fails.
 */
export function nodeProgram(openLedger: OpenLedger): Program {
  return async (world, raw, parent, signal) => {
    world.activity.begin();
    const options = raw as NodeOptions;
    const { board, application, ledger: ledgerOptions, lasting = false } = options;
    const { codeUrl, record, play } = options;
    const actors = application === undefined ? [] : actorsOn(application, board);
    const sinceMs = world.clock.monotonicMs();
    const status = new StatusTable(actors, () => world.clock.monotonicMs());
    const tell = (message: NodeMessage): void => {
      status.heard(message);
      parent.send(message);
    };
    const crews = crewsOf(actors, { codeUrl, record, play, lasting });
    const survivors = lasting ? await world.spawner.survivors() : [];
    const inheritance = inheritanceOf(crews, survivors);
    const ended = new AbortController();
    await using ledger =
      ledgerOptions === undefined
        ? undefined
        : await openLedger(world, { ...ledgerOptions, database: `ledger-${board}` }, ended.signal);
    const news = new NewsDesk();
    await using switchboard = await openSwitchboard(world.lan, options.udpPort);
    const { trustedBoards, remembersTrust = false } = options;
    await using remembered =
      remembersTrust && trustedBoards === undefined
        ? await openTrustedKeys(world.store, board)
        : undefined;
    const ofDiscovery = discoveryOptionsOf(options, switchboard, remembered?.trust);
    const discovery = new Discovery(world, ofDiscovery, (event) => {
      if (event.kind === "joined") remembered?.save();
      boardEvent({ world, news, tell }, event);
    });
    world.nics.watch(({ name, isUp }) => {
      if (!news.nic(name, isUp)) return;
      world.log.write(isUp ? "info" : "warn", isUp ? "nic-up" : "nic-down", { nic: name });
      tell({ kind: "nic", name, isUp });
    }, ended.signal);
    const [first] = actors;
    if (application !== undefined && first !== undefined)
      discovery.membership.setMeta(encodeVersion(versionOf(first.appName, application)));
    const settled = new AbortController();
    const { registry } = discovery;
    const measures = new MeasureDesk(world);
    const controlParts = { world, options, actors, status, discovery, measures, sinceMs };
    await using _control = await openNodeControl(controlParts);
    const { watch = {} } = options;
    const parts = { world, registry, news, measures, ledger, watch, settled: settled.signal, tell };
    const { running, retold } = runCrews(parts, crews, inheritance, signal);
    // Others ask what this board provides as soon as they hear of it: it has to be complete by then.
    if (inheritance.kept.size > 0) await Promise.race([retold, pause(world, signal)]);
    const discovering = discovery.run(ended.signal);
    void world.clock.sleep(SETTLE_MS, ended.signal).then(() => settled.abort());
    parent.receive((asked) => {
      if ((asked as NodeRequest).kind !== "report") return;
      tell({ kind: "report", sizes: { ...registry.sizes, followerCount: news.followerCount } });
    });
    world.log.write("info", "node-ready", { board, actorCount: actors.length });
    tell({ kind: "ready", actorCount: actors.length });
    world.activity.end();
    // A manager that fails takes the agent down with it, and says why.
    await Promise.race([Promise.all([aborted(signal), ...running]), discovering]);
    ended.abort();
    await discovering;
  };
}

/** Starts the supervisor of every crew; `retold` resolves when all that was taken over is known again. */
function runCrews(
  parts: SupervisorParts,
  crews: readonly Crew[],
  { kept, unwanted }: Inheritance,
  signal: AbortSignal,
): { readonly running: readonly Promise<void>[]; readonly retold: Promise<unknown> } {
  const retellings: Promise<unknown>[] = [];
  const running = crews.map((crew) => {
    const { name } = crew.call;
    const survivor = kept.get(name);
    const { promise, resolve } = deferred<"retold">();
    if (survivor !== undefined) retellings.push(promise);
    const retold = (): void => resolve("retold");
    const heritage = { kept: survivor, unwanted: unwanted.get(name), retold };
    return superviseCrew(parts, crew, heritage, signal);
  });
  const names = new Set(crews.map(({ call }) => call.name));
  const strangers = [...unwanted].filter(([name]) => !names.has(name)).flatMap(([, each]) => each);
  return { running: [...running, dismissed(strangers)], retold: Promise.all(retellings) };
}

async function pause({ clock }: World, signal: AbortSignal): Promise<void> {
  await clock.sleep(RETOLD_MS_MAX, signal);
}

function discoveryOptionsOf(
  options: NodeOptions,
  switchboard: Switchboard,
  remembered: Trust | undefined,
): DiscoveryOptions {
  const { board, cluster, beaconUdpPort, seeds, pace, trustedBoards, lasting = false } = options;
  const keyOf = new Map(Object.entries(trustedBoards ?? {}));
  const trust = trustedBoards === undefined ? remembered : ({ kind: "closed", keyOf } as const);
  return {
    ...(trust === undefined ? {} : { trust }),
    ...{ boardId: board, cluster, beaconUdpPort, switchboard, placeOf: placeOfKey },
    ...(seeds === undefined ? {} : { seeds }),
    ...(pace === undefined ? {} : { pace }),
    // What lasts here lasts on the others: a silent board's publishers may only have lost their agent.
    ...(lasting ? { linger: { keeps: isPublisherKey, durationMs: LINGER_MS } } : {}),
  };
}

function boardEvent(
  { world, news, tell }: Pick<SupervisorParts, "world" | "news" | "tell">,
  event: BoardEvent,
): void {
  if (event.kind === "changed" || event.kind === "imposter") return;
  const { boardId: board } = event;
  const isUp = event.kind === "joined";
  const why = event.kind === "gone" ? { why: event.why } : {};
  world.log.write("info", `board-${event.kind}`, { board, ...why });
  news.peer(board, isUp);
  tell({ kind: isUp ? "board-joined" : "board-gone", board });
}
