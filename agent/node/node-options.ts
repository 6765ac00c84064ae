import type { Incident, PlayOptions } from "../actor/protocol.ts";
import type { Hex } from "../component/ledger-service.ts";
import type { ControlOptions } from "../control/control-server.ts";
import type { DeploymentOptions } from "../deployment/deployment-options.ts";
import type { LimitEvent } from "../resource/supervise-limits.ts";
import type { TimePeer } from "../time/time-manager.ts";
import type { ApplicationTexts } from "./application-files.ts";
import type { NodeTimeOptions } from "./keep-time.ts";
import type { WatchOptions } from "./watch-rule.ts";

/** What the agent of one board is told at its start. */
export interface NodeOptions {
  /** Name of the board, as the deployment names it. */
  readonly board: string;
  /** Boards of one cluster find each other. */
  readonly cluster: string;
  readonly beaconUdpPort: number;
  /** See DiscoveryOptions. */
  readonly seeds?: readonly string[];
  /** See DiscoveryOptions. */
  readonly pace?: number;
  /** The application to run here; absent: the agent only takes part in discovery. */
  readonly application?: ApplicationTexts;
  /** Module that exports the application's code; see CrewOptions. */
  readonly codeUrl?: string;
  /** See CrewOptions. */
  readonly record?: boolean;
  readonly play?: PlayOptions;
  /**
   * Actors go on when this agent dies, and the next one on this board takes them over. Not under logical
   * time, which nobody could tell them meanwhile. Default false: they end with it.
   */
  readonly lasting?: boolean;
  /**
   * Common time with these boards, over the board's datagram socket. Absent: cluster time is the system's
   * clock. Not under logical time.
   */
  readonly time?: NodeTimeOptions & {
    readonly udpPort: number;
    readonly peers: readonly TimePeer[];
  };
  /** When an actor that does not answer is reported and killed. */
  readonly watch?: WatchOptions;
  /** Takes applications in while it runs; absent: `application` is all that ever runs here. */
  readonly deployment?: DeploymentOptions;
  /** Where programs of this board can ask the agent; absent: nowhere. */
  readonly control?: ControlOptions;
  /** The ledger of the board; absent: components with contracts do not start. */
  readonly ledger?: NodeLedgerOptions;
}

/** The ledger behind a board. */
export interface NodeLedgerOptions {
  /** JSON-RPC endpoint. */
  readonly url: string;
  readonly chainId: number;
  /** See LedgerOptions; a chain in the same process loses no notification. */
  readonly pollMs?: number;
  /** Keys that the operator has provisioned, by account name; others are made on the board. */
  readonly keys?: Readonly<Record<string, Hex>>;
}

/** What an agent may be asked by whoever started it. */
export interface NodeRequest {
  /** report: it answers with a "report". Anything else is left to later versions. */
  readonly kind: string;
}

/** What an agent tells whoever started it. */
export type NodeMessage =
  | { readonly kind: "actor-started"; readonly actor: string; readonly pid: number }
  /** The program of an earlier agent runs on, under this one. */
  | { readonly kind: "actor-adopted"; readonly actor: string; readonly pid: number }
  | { readonly kind: "actor-active"; readonly actor: string }
  /** Its event loop has not turned for `silentMs`. */
  | { readonly kind: "actor-hangs"; readonly actor: string; readonly silentMs: number }
  /** It was reported to hang, and has answered after all. */
  | { readonly kind: "actor-recovered"; readonly actor: string }
  /** Something went wrong in it; `count` of this kind in this life of its program. */
  | {
      readonly kind: "actor-incident";
      readonly actor: string;
      readonly incident: Incident;
      readonly count: number;
    }
  | { readonly kind: "actor-ended"; readonly actor: string; readonly reason: string }
  /** It died too often, and is not started again. */
  | { readonly kind: "actor-given-up"; readonly actor: string }
  /** A network interface of this board went up or down. */
  | { readonly kind: "nic"; readonly name: string; readonly isUp: boolean }
  | LimitEvent
  | { readonly kind: "board-joined" | "board-gone"; readonly board: string }
  /** How much it has in mind, by kind: the answer to a NodeRequest. */
  | { readonly kind: "report"; readonly sizes: Readonly<Record<string, number>> }
  /** Discovery runs and every actor of this board has been started. */
  | { readonly kind: "ready"; readonly actorCount: number };
