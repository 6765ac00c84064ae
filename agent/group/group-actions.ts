import type { World } from "../core/world.ts";
import type { GroupDisk } from "./group-disk.ts";
import type { GroupListener } from "./group-listener.ts";
import type { PollRecord } from "./group-types.ts";
import { ACTION_KEPT_US } from "./poll-rule.ts";

/** What a member tells its component once, also across restarts. */
export interface ActionParts {
  readonly world: World;
  readonly group: string;
  readonly disk: GroupDisk;
  readonly listener: Pick<GroupListener, "verdict" | "action">;
  readonly signal: AbortSignal;
}

/** How long it is remembered that an action was taken, in µs: longer than the group tells of it. */
const NOTE_KEPT_US = 24 * 3_600_000_000;

/**
 * Tells of verdicts, and takes the actions that were agreed upon at their instants. What was taken in
 * is noted on disk afterwards, so that a crash in between leads to a repetition and not to a gap.
 */
export class GroupActions {
  readonly #parts: ActionParts;
  /** Votes whose actions are waited for. */
  readonly #known = new Set<string>();

  constructor(parts: ActionParts) {
    this.#parts = parts;
  }

  /** Goes on with what an earlier life had learned: it waits for nobody to say it again. */
  start(): void {
    for (const { poll, isDone } of this.#parts.disk.actions) if (!isDone) void this.#take(poll);
  }

  /** Takes what a group's state tells of, but for what is long past. */
  restored(polls: readonly PollRecord[]): void {
    const nowUtcUs = this.#parts.world.clock.utcUs();
    for (const poll of polls)
      if ((poll.atUtcUs ?? 0) + ACTION_KEPT_US > nowUtcUs) void this.#take(poll);
  }

  /** The vote was decided by the entry `index`. */
  async decided(index: number, poll: PollRecord, isAccepted: boolean): Promise<void> {
    const { disk, listener } = this.#parts;
    // Told in an earlier life: by then its action was noted.
    if (index <= disk.toldIndex) return;
    if (isAccepted) void this.#take(poll);
    await this.#work(
      () => listener.verdict(poll, isAccepted),
      () => disk.setTold(index),
    );
  }

  /** Takes the action at its instant, or late, and says by how much. */
  async #take(poll: PollRecord): Promise<void> {
    const { world, group, disk, listener, signal } = this.#parts;
    const { clock, log } = world;
    const { pollId, atUtcUs } = poll;
    if (atUtcUs === undefined || this.#known.has(pollId)) return;
    this.#known.add(pollId);
    const note = disk.action(pollId);
    if (note?.isDone === true) return;
    const keptFromUtcUs = clock.utcUs() - NOTE_KEPT_US;
    if (note === undefined) disk.noteAction({ poll, isDone: false }, keptFromUtcUs);
    const learnedLateUs = clock.utcUs() - atUtcUs;
    if (learnedLateUs > 0) log.write("warn", "group-action-late", { group, pollId, learnedLateUs });
    await clock.sleepUntilUtc(atUtcUs, signal);
    if (signal.aborted) return;
    const lateUs = Math.max(0, clock.utcUs() - atUtcUs);
    await this.#work(
      () => listener.action(poll, lateUs),
      () => disk.noteAction({ poll, isDone: true }, keptFromUtcUs),
    );
    this.#known.delete(pollId);
  }

  async #work(work: () => Promise<void>, note: () => void): Promise<void> {
    const { world, signal } = this.#parts;
    world.activity.begin();
    await work();
    if (!signal.aborted) note();
    world.activity.end();
  }
}
