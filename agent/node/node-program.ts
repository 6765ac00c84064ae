import { isPublisherKey, placeOfKey } from "../actor/provider-key.ts";
import type { LedgerService } from "../component/ledger-service.ts";
import type { Program } from "../core/program.ts";
import { openSwitchboard, type Switchboard } from "../core/switchboard.ts";
import { aborted } from "../core/waiting.ts";
import type { World } from "../core/world.ts";
import type { ApplicationHost } from "../deployment/application-host.ts";
import { deploymentKey } from "../deployment/deployment-key.ts";
import type { DeploymentOptions } from "../deployment/deployment-options.ts";
import {
  type BoardEvent,
  Discovery,
  type DiscoveryOptions,
  SETTLE_MS,
} from "../discovery/discovery.ts";
import { Applications } from "./applications.ts";
import { HealthDesk } from "./health-desk.ts";
import { keepTime } from "./keep-time.ts";
import { MeasureDesk } from "./measure-desk.ts";
import { NewsDesk } from "./news-desk.ts";
import { openNodeControl } from "./node-control.ts";
import type { NodeLedgerOptions, NodeMessage, NodeOptions, NodeRequest } from "./node-options.ts";
import { StatusTable } from "./status-table.ts";
import type { SupervisorParts } from "./supervisor-parts.ts";

/** Opens the ledger manager of a board. */
export type OpenLedger = (
  world: World,
  options: NodeLedgerOptions & { readonly database: string },
  signal: AbortSignal,
) => Promise<LedgerService & AsyncDisposable>;

/** Opens the deployment manager of a board; `start` starts what is installed. */
export type OpenDeployment = (
  world: World,
  options: DeploymentOptions & { readonly board: string },
  host: ApplicationHost,
) => Promise<BoardDeployment>;

/** A deployment manager as the agent sees it. */
export interface BoardDeployment extends AsyncDisposable {
  /** Where controllers and other boards reach it. */
  readonly endpoint: string;
  /** Starts the applications that are installed. */
  start(): Promise<void>;
}

/** Actors that were taken over have so long to say again what they provide, before others ask, in ms. */
const RETOLD_MS_MAX = 2_000;
/** As long as actors go on without an agent. */
const LINGER_MS = 600_000;

/**
 * The program of one board's agent: takes part in discovery, keeps the board's ledger manager, and
 * starts and supervises the actors that the deployment places on this board. Actors that an earlier
 * agent left running are taken over when they run what the deployment says now.
 *
 * The managers of the ledger and of deployment are opened by arguments: they are loaded where they are used.
 * Rejects when the model has errors (MODEL_INVALID), another agent of this board is there
 * (SPAWNER_IN_USE), or a manager fails.
 */
export function nodeProgram(openLedger: OpenLedger, openDeployment?: OpenDeployment): Program {
  return async (world, raw, parent, signal) => {
    world.activity.begin();
    const options = raw as NodeOptions;
    const { board, application, ledger: ledgerOptions, lasting = false } = options;
    const { codeUrl, record, play } = options;
    const sinceMs = world.clock.monotonicMs();
    const status = new StatusTable([], () => world.clock.monotonicMs());
    const tell = (message: NodeMessage): void => {
      status.heard(message);
      parent.send(message);
    };
    const survivors = lasting ? await world.spawner.survivors() : [];
    const ended = new AbortController();
    await using ledger =
      ledgerOptions === undefined
        ? undefined
        : await openLedger(world, { ...ledgerOptions, database: `ledger-${board}` }, ended.signal);
    const { time: timeOptions } = options;
    await using switchboard = await openSwitchboard(world.lan, timeOptions?.udpPort);
    const time = timeOptions && keepTime({ world, switchboard }, board, timeOptions, ended.signal);
    time?.setPeers(timeOptions?.peers ?? []);
    await time?.ready;
    const news = new NewsDesk();
    const discovery = new Discovery(world, discoveryOptionsOf(options, switchboard), (event) =>
      boardEvent({ world, news, tell }, event),
    );
    world.nics.watch(({ name, isUp }) => {
      if (!news.nic(name, isUp)) return;
      world.log.write(isUp ? "info" : "warn", isUp ? "nic-up" : "nic-down", { nic: name });
      tell({ kind: "nic", name, isUp });
    }, ended.signal);
    const settled = new AbortController();
    const { registry } = discovery;
    const measures = new MeasureDesk(world);
    const controlParts = { world, options, status, registry, measures, sinceMs };
    await using _control = await openNodeControl(controlParts);
    const { watch = {} } = options;
    const desks = { news, measures, health: new HealthDesk(world.clock) };
    const parts = { world, registry, ...desks, ledger, watch, settled: settled.signal, tell };
    const applications = new Applications(parts, { board, lasting, survivors, status }, signal);
    if (application !== undefined)
      applications.start({ texts: application, codeUrl, record, play });
    await using deployment = await openManager(openDeployment, world, options, applications);
    await deployment?.start();
    if (deployment !== undefined)
      registry.provide("deployment", { key: deploymentKey(board), endpoint: deployment.endpoint });
    const strangers = applications.dismissStrangers();
    // Others ask what this board provides as soon as they hear of it: it has to be complete by then.
    if (applications.keptCount > 0) await Promise.race([applications.retold, pause(world, signal)]);
    const discovering = discovery.run(ended.signal);
    void world.clock.sleep(SETTLE_MS, ended.signal).then(() => settled.abort());
    parent.receive((asked) => {
      if ((asked as NodeRequest).kind !== "report") return;
      tell({ kind: "report", sizes: { ...registry.sizes, followerCount: news.followerCount } });
    });
    const actorCount = applications.actors.length;
    world.log.write("info", "node-ready", { board, actorCount });
    tell({ kind: "ready", actorCount });
    world.activity.end();
    // A manager that fails takes the agent down with it, and says why.
    const over = aborted(signal).then(() => Promise.all([applications.ended(), strangers]));
    await Promise.race([over, applications.failed, discovering]);
    ended.abort();
    await Promise.all([discovering, time?.running]);
  };
}

async function openManager(
  open: OpenDeployment | undefined,
  world: World,
  { board, deployment }: NodeOptions,
  host: ApplicationHost,
): Promise<BoardDeployment | undefined> {
  if (open === undefined || deployment === undefined) return undefined;
  return open(world, { ...deployment, board }, host);
}

async function pause({ clock }: World, signal: AbortSignal): Promise<void> {
  await clock.sleep(RETOLD_MS_MAX, signal);
}

function discoveryOptionsOf(options: NodeOptions, switchboard: Switchboard): DiscoveryOptions {
  const { board, cluster, beaconUdpPort, seeds, pace, lasting = false } = options;
  return {
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
