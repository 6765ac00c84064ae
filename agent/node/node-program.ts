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
import type { Trust } from "../membership/trust-rule.ts";
import { encodeVersions, versionOf } from "./application-version.ts";
import { Applications, type RunningActors } from "./applications.ts";
import { HealthDesk } from "./health-desk.ts";
import { type KeptTime, keepTime } from "./keep-time.ts";
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
    await using switchboard = await openSwitchboard(world.lan, options.udpPort);
    const time = timeOf(options, { world, switchboard }, ended.signal);
    const news = new NewsDesk();
    await using opened = await openDiscovery({ world, news, tell }, options, switchboard, time);
    const { discovery } = opened;
    watchNics({ world, news, tell }, ended.signal);
    let running: () => readonly RunningActors[] = () => [];
    const changed = (): void => tellVersions(discovery, running());
    const settled = new AbortController();
    const { registry } = discovery;
    const measures = new MeasureDesk(world);
    const now = { applications: () => running() };
    const controlParts = { world, options, status, discovery, measures, sinceMs, ...now };
    await using _control = await openNodeControl(controlParts);
    const { watch = {} } = options;
    const desks = { news, measures, health: new HealthDesk(world.clock) };
    const parts = { world, registry, ...desks, ledger, watch, settled: settled.signal, tell };
    const ofBoard = { board, lasting, survivors, status, changed };
    const applications = new Applications(parts, ofBoard, signal);
    running = () => applications.running;
    let discovering: Promise<void> | undefined;
    if (time !== undefined && survivors.length === 0) {
      // Nobody asks this board for anything yet. Its actors begin with a clock that is set, for they cannot know.
      discovering = discovery.run(ended.signal);
      await Promise.race([time.untilReady(), discovering, aborted(signal)]);
    }
    if (application !== undefined && !signal.aborted)
      applications.start({ texts: application, codeUrl, record, play });
    await using deployment = await openManager(openDeployment, world, options, applications);
    await deployment?.start();
    if (deployment !== undefined)
      registry.provide("deployment", { key: deploymentKey(board), endpoint: deployment.endpoint });
    const strangers = applications.dismissStrangers();
    // Others ask what this board provides as soon as they hear of it: it has to be complete by then.
    if (applications.keptCount > 0) await Promise.race([applications.retold, pause(world, signal)]);
    discovering ??= discovery.run(ended.signal);
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

function timeOf(
  { board, time }: NodeOptions,
  parts: Parameters<typeof keepTime>[0],
  signal: AbortSignal,
): KeptTime | undefined {
  return time && keepTime(parts, board, time, signal);
}

type Telling = Pick<SupervisorParts, "world" | "news" | "tell">;

/** Discovery, and the keys that it has trusted before, for as long as it runs. */
async function openDiscovery(
  telling: Telling,
  options: NodeOptions,
  switchboard: Switchboard,
  time: KeptTime | undefined,
): Promise<{ readonly discovery: Discovery } & AsyncDisposable> {
  const { world } = telling;
  const { board, trustedBoards, remembersTrust = false } = options;
  const isKept = remembersTrust && trustedBoards === undefined;
  const remembered = isKept ? await openTrustedKeys(world.store, board) : undefined;
  const ofDiscovery = discoveryOptionsOf(options, switchboard, remembered?.trust);
  const discovery: Discovery = new Discovery(world, ofDiscovery, (event) => {
    // The time is exchanged with who is in membership's table, which is another by now.
    time?.setPeers(discovery.membership.members());
    if (event.kind === "joined") remembered?.save();
    boardEvent(telling, event);
  });
  return {
    discovery,
    [Symbol.asyncDispose]: async () => remembered?.[Symbol.asyncDispose](),
  };
}

/** Others compare it with theirs when a port finds nobody here. */
function tellVersions({ membership }: Discovery, running: readonly RunningActors[]): void {
  const versions = running.map(({ appName, texts }) => versionOf(appName, texts));
  membership.setMeta(encodeVersions(versions));
}

function watchNics({ world, news, tell }: Telling, signal: AbortSignal): void {
  world.nics.watch(({ name, isUp }) => {
    if (!news.nic(name, isUp)) return;
    world.log.write(isUp ? "info" : "warn", isUp ? "nic-up" : "nic-down", { nic: name });
    tell({ kind: "nic", name, isUp });
  }, signal);
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

function boardEvent({ world, news, tell }: Telling, event: BoardEvent): void {
  if (event.kind === "changed" || event.kind === "imposter") return;
  const { boardId: board } = event;
  const isUp = event.kind === "joined";
  const why = event.kind === "gone" ? { why: event.why } : {};
  world.log.write("info", `board-${event.kind}`, { board, ...why });
  news.peer(board, isUp);
  tell({ kind: isUp ? "board-joined" : "board-gone", board });
}
