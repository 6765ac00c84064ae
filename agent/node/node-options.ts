import type { Hex } from "../component/ledger-service.ts";
import type { LimitEvent } from "../resource/supervise-limits.ts";
import type { ApplicationTexts } from "./application-files.ts";

/** What the agent of one board is told at its start. */
export interface NodeOptions {
  /** Name of the board, as the deployment names it. */
  readonly board: string;
  /** Boards of one cluster find each other. */
  readonly cluster: string;
  readonly beaconUdpPort: number;
  /** See DiscoveryOptions. */
  readonly beaconIntervalMs?: number;
  /** The application to run here; absent: the agent only takes part in discovery. */
  readonly application?: ApplicationTexts;
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

/** What an agent tells whoever started it. */
export type NodeMessage =
  | { readonly kind: "actor-started"; readonly actor: string; readonly pid: number }
  | { readonly kind: "actor-active"; readonly actor: string }
  | { readonly kind: "actor-ended"; readonly actor: string; readonly reason: string }
  | LimitEvent
  | { readonly kind: "board-joined" | "board-gone"; readonly board: string }
  /** Discovery runs and every actor of this board has been started. */
  | { readonly kind: "ready"; readonly actorCount: number };
