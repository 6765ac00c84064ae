import type { AgentLink } from "./agent-link.ts";
import type { BoardMeasure } from "./board-measure.ts";
import { type BoardRates, boardRates } from "./board-rates.ts";

/** What all boards said at one moment. */
export interface ClusterLook {
  readonly boards: readonly BoardRates[];
  readonly silent: readonly { readonly board: string; readonly message: string }[];
  /** Cluster time of the board that was asked; 0: it did not answer. */
  readonly utcUs: number;
}

/** Looks at all boards again and again: each look tells what happened since the one before. */
export class ClusterWatch {
  readonly #link: AgentLink;
  #before = new Map<string, BoardMeasure>();

  constructor(link: AgentLink) {
    this.#link = link;
  }

  /** One look; undefined when the agent does not answer. */
  async look(): Promise<ClusterLook | undefined> {
    const answers = await this.#link.everywhere<BoardMeasure>("measure");
    if (answers === undefined) return undefined;
    const measured = answers.filter((answer) => answer.ok).map(({ result }) => result);
    const boards = measured.map((now) => boardRates(this.#before.get(now.board), now));
    this.#before = new Map(measured.map((now) => [now.board, now]));
    const silent = answers
      .filter((answer) => !answer.ok)
      .map(({ board, error }) => ({ board, message: error.message }));
    return { boards, silent, utcUs: measured[0]?.clock.utcUs ?? 0 };
  }
}
