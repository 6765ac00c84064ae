import type { LedgerService } from "../component/ledger-service.ts";
import type { World } from "../core/world.ts";
import type { Registry } from "../discovery/registry.ts";
import type { HealthDesk } from "./health-desk.ts";
import type { MeasureDesk } from "./measure-desk.ts";
import type { NewsDesk } from "./news-desk.ts";
import type { NodeMessage } from "./node-options.ts";
import type { WatchOptions } from "./watch-rule.ts";

/** What the supervisors of a board share. */
export interface SupervisorParts {
  readonly world: World;
  readonly registry: Registry;
  readonly news: NewsDesk;
  readonly health: HealthDesk;
  readonly measures: MeasureDesk;
  /** Undefined when the board has no ledger. */
  readonly ledger: LedgerService | undefined;
  readonly watch: WatchOptions;
  /** See PortDeskParts. */
  readonly settled: AbortSignal;
  readonly tell: (message: NodeMessage) => void;
}
