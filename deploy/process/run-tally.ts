import type { NodeMessage } from "../../agent/node/node-options.ts";

/** What became of one actor in the course of a run. */
export interface ActorSummary {
  readonly board: string;
  readonly actor: string;
  /** How often its program was started. */
  readonly startCount: number;
  /** How often a new agent took it over. */
  readonly adoptedCount: number;
  readonly hangCount: number;
  readonly incidentCount: number;
  readonly isActive: boolean;
  readonly isGivenUp: boolean;
  /** Why its program ended last; undefined when it never did before the stop. */
  readonly lastReason: string | undefined;
}

type Counting = { -readonly [K in keyof ActorSummary]: ActorSummary[K] };

/** Adds up what the agents of a run tell. */
export class RunTally {
  readonly #actors = new Map<string, Counting>();
  readonly #agents = new Map<string, number>();
  #isStopping = false;

  /** From now on ends are no accidents. */
  stopping(): void {
    this.#isStopping = true;
  }

  /** The agent of `board` was started. */
  agentStarted(board: string): void {
    this.#agents.set(board, (this.#agents.get(board) ?? 0) + 1);
  }

  /** Takes in what the agent of `board` tells. */
  heard(board: string, message: NodeMessage): void {
    if (!("actor" in message)) return;
    const actor = this.#of(board, message.actor);
    switch (message.kind) {
      case "actor-started":
        actor.startCount += 1;
        break;
      case "actor-adopted":
        actor.adoptedCount += 1;
        break;
      case "actor-active":
        actor.isActive = true;
        break;
      case "actor-ended":
        actor.isActive = false;
        if (!this.#isStopping) actor.lastReason = message.reason;
        break;
      case "actor-given-up":
        actor.isGivenUp = true;
        break;
      case "actor-hangs":
        actor.hangCount += 1;
        break;
      case "actor-incident":
      case "actor-limit":
        actor.incidentCount += 1;
        break;
      case "actor-recovered":
        break;
    }
  }

  /** How often the agents were started again. */
  get agentRestartCount(): number {
    return [...this.#agents.values()].reduce((sum, count) => sum + count - 1, 0);
  }

  /** Every actor, in the order of first mention. */
  get actors(): readonly ActorSummary[] {
    return [...this.#actors.values()];
  }

  #of(board: string, actor: string): Counting {
    const name = `${board}/${actor}`;
    const known = this.#actors.get(name) ?? {
      ...{ board, actor, startCount: 0, adoptedCount: 0, hangCount: 0, incidentCount: 0 },
      ...{ isActive: false, isGivenUp: false, lastReason: undefined },
    };
    this.#actors.set(name, known);
    return known;
  }
}

/** The summary as a table for people. */
export function tallyText(tally: RunTally): string {
  const rows = tally.actors.map((actor) => [
    `${actor.board}/${actor.actor}`,
    String(Math.max(0, actor.startCount - 1)),
    String(actor.hangCount + actor.incidentCount),
    stateOf(actor),
  ]);
  const table = [["actor", "restarts", "incidents", "state"], ...rows];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const restarts = tally.agentRestartCount;
  return [...lines, ...(restarts === 0 ? [] : [`agents started again: ${restarts}`])].join("\n");
}

function stateOf({ isGivenUp, startCount, adoptedCount, lastReason }: ActorSummary): string {
  const [firstLine = ""] = (lastReason ?? "").split("\n");
  if (isGivenUp) return `given up: ${firstLine}`;
  if (startCount + adoptedCount === 0) return "never started";
  return lastReason === undefined ? "ran to the end" : `came back after: ${firstLine}`;
}
