import type { World } from "../core/world.ts";
import type { GroupDisk } from "./group-disk.ts";
import type { GroupListener } from "./group-listener.ts";
import type { PollRecord } from "./group-types.ts";

/** What a member tells its component once, also across restarts. */
export interface ActionParts {
  readonly world: World;
  readonly group: string;
  readonly disk: GroupDisk;
  readonly listener: Pick<GroupListener, "verdict" | "action">;
  readonly signal: AbortSignal;
}

/**
 * Tells of verdicts, and takes the actions that were agreed upon at their instants. What was taken in
 * is noted on disk afterwards, so that a crash in between leads to a repetition and not to a gap.
 */
export class GroupActions {
  readonly #parts: ActionParts;
  /** Votes whose actions are waited for, or have been taken. */
  readonly #known = new Set<string>();

  constructor(parts: ActionParts) {
    this.#parts = parts;
  }

  /** The vote was decided by the entry `index`. */
  async decided(index: number, poll: PollRecord, isAccepted: boolean): Promise<void> {
    const { disk, listener } = this.#parts;
    if (isAccepted) void this.take(poll);
    if (index <= disk.toldIndex) return;
    await this.#work(
      () => listener.verdict(poll, isAccepted),
      () => disk.setTold(index),
    );
  }

  /** Takes the action at its instant, or late, and says by how much. */
  async take(poll: PollRecord): Promise<void> {
    const { world, group, disk, listener, signal } = this.#parts;
    const { clock, log } = world;
    const { pollId, atUtcUs } = poll;
    if (atUtcUs === undefined || this.#known.has(pollId)) return;
    this.#known.add(pollId);
    if (disk.isDone(pollId)) return;
    const learnedLateUs = clock.utcUs() - atUtcUs;
    if (learnedLateUs > 0) log.write("warn", "group-action-late", { group, pollId, learnedLateUs });
    await clock.sleepUntilUtc(atUtcUs, signal);
    if (signal.aborted) return;
    const lateUs = Math.max(0, clock.utcUs() - atUtcUs);
    await this.#work(
      () => listener.action(poll, lateUs),
      () => disk.setDone(pollId, this.#known),
    );
  }

  async #work(work: () => Promise<void>, note: () => void): Promise<void> {
    const { world, signal } = this.#parts;
    world.activity.begin();
    await work();
    if (!signal.aborted) note();
    world.activity.end();
  }
}
