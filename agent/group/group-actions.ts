import type { World } from "../core/world.ts";
import { type ActionMeeting, isTaken, meetAction } from "./action-rule.ts";
import { ActionTally } from "./action-tally.ts";
import type { GroupDisk } from "./group-disk.ts";
import type { ActionMessage } from "./group-frame.ts";
import type { GroupListener } from "./group-listener.ts";
import type { Leadership, PollRecord } from "./group-types.ts";
import { ACTION_KEPT_US } from "./poll-rule.ts";

/** What a member tells its component once, also across restarts. */
export interface ActionParts {
  readonly world: World;
  readonly group: string;
  readonly self: string;
  readonly disk: GroupDisk;
  readonly listener: Pick<GroupListener, "verdict" | "action" | "report">;
  readonly heartbeatMs: number;
  readonly leadership: () => Leadership | undefined;
  readonly voters: () => readonly string[];
  readonly publish: (to: readonly string[], message: ActionMessage) => void;
  readonly signal: AbortSignal;
}

/** How long it is remembered that an action was taken, in µs: longer than the group tells of it. */
const NOTE_KEPT_US = 24 * 3_600_000_000;
/** So long after the instant members are waited for, and two heartbeats, in µs. */
const CLOSING_US = 1_000_000;
/** How often a member tells of an action while no leader answers, once a heartbeat. */
const TELLINGS_MAX = 100;
const ALL = ["*"];

/**
 * Tells of verdicts, and takes the actions that were agreed upon at their instants, or declines them. What was
 * taken in is noted on disk afterwards, so that a crash in between leads to a repetition and not to a gap.
 * Members tell all others how they met an action; whoever leads then reports it.
 */
export class GroupActions {
  readonly #parts: ActionParts;
  readonly #tally: ActionTally;
  /** Votes whose actions are waited for. */
  readonly #known = new Set<string>();
  /** Votes of which the leader has heard how they were met here. */
  readonly #noted = new Set<string>();

  constructor(parts: ActionParts) {
    this.#parts = parts;
    this.#tally = new ActionTally(this.#closingUs);
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

  /** Another member has told how it met an action, or the leader that it has heard so. */
  heard(from: string, message: ActionMessage): void {
    const { self, leadership, publish } = this.#parts;
    const { pollId } = message;
    if (message.kind === "noted") {
      if (from === leadership()?.leader) this.#noted.add(pollId);
      return;
    }
    const { atUtcUs, end, utcUs, boundUs } = message;
    this.#tally.told(pollId, atUtcUs, from, { end, utcUs, boundUs });
    if (leadership()?.leader === self) publish([from], { kind: "noted", pollId });
    this.settle();
  }

  /** Hands over the reports that are due, if this member leads; if another one does, it has done so. */
  settle(): void {
    const { world, group, self, leadership, voters, listener, signal } = this.#parts;
    const leader = leadership()?.leader;
    if (leader === undefined || signal.aborted) return;
    const due = this.#tally.due(voters(), world.clock.utcUs());
    if (leader !== self) return;
    for (const report of due) {
      const { pollId, members, missing, spreadUs, spreadUsMax } = report;
      const count = (...ends: string[]): number =>
        members.filter(({ end }) => ends.includes(end)).length;
      const counts = { acted: count("acted"), late: count("late") };
      const declined = count("declined-late", "declined-clock");
      const isWhole = counts.acted === members.length && missing.length === 0;
      world.log.write(isWhole ? "info" : "warn", "group-action-report", {
        ...{ group, pollId, ...counts, declined, missing: missing.length },
        ...(spreadUs === undefined ? {} : { spreadUs }),
        ...(spreadUsMax === undefined ? {} : { spreadUsMax }),
      });
      listener.report(report);
    }
  }

  get #closingUs(): number {
    return CLOSING_US + 2_000 * this.#parts.heartbeatMs;
  }

  /** Takes the action at its instant, or late, or not at all, and says so. */
  async #take(poll: PollRecord): Promise<void> {
    const { world, disk, listener, signal } = this.#parts;
    const { clock } = world;
    const { pollId, atUtcUs, terms = {} } = poll;
    if (atUtcUs === undefined || this.#known.has(pollId)) return;
    this.#known.add(pollId);
    const note = disk.action(pollId);
    if (note?.isDone === true) return;
    const keptFromUtcUs = clock.utcUs() - NOTE_KEPT_US;
    if (note === undefined) disk.noteAction({ poll, isDone: false }, keptFromUtcUs);
    if (clock.utcUs() < atUtcUs) void this.#await(pollId, atUtcUs);
    await clock.sleepUntilUtc(atUtcUs, signal, "precise");
    if (signal.aborted) return;
    const meet = (): ActionMeeting => {
      const meeting = meetAction(atUtcUs, terms, clock.reading());
      void this.#tell(pollId, atUtcUs, meeting);
      return meeting;
    };
    await this.#work(
      () => listener.action(poll, meet),
      () => disk.noteAction({ poll, isDone: true }, keptFromUtcUs),
    );
    this.#known.delete(pollId);
  }

  /** Sees to it that the report is given when members are silent. */
  async #await(pollId: string, atUtcUs: number): Promise<void> {
    const { world, signal } = this.#parts;
    this.#tally.expect(pollId, atUtcUs);
    await world.clock.sleepUntilUtc(atUtcUs + this.#closingUs, signal);
    this.settle();
  }

  /** Says how this member met it, until a leader has heard. */
  async #tell(pollId: string, atUtcUs: number, meeting: ActionMeeting): Promise<void> {
    // After the handler has begun: that is what the instant is for.
    await Promise.resolve();
    const { world, group, self, leadership, publish, heartbeatMs, signal } = this.#parts;
    const { end, utcUs, boundUs } = meeting;
    const facts = { group, pollId, lateUs: Math.max(0, utcUs - atUtcUs) };
    if (end === "late") world.log.write("warn", "group-action-late", facts);
    if (!isTaken(meeting))
      world.log.write("warn", "group-action-declined", {
        ...{ ...facts, why: end === "declined-late" ? "late" : "clock" },
        ...(boundUs === undefined ? {} : { boundUs }),
      });
    this.#tally.told(pollId, atUtcUs, self, meeting);
    this.settle();
    for (let count = 0; count < TELLINGS_MAX && !signal.aborted; count += 1) {
      publish(ALL, { kind: "acted", pollId, atUtcUs, ...meeting });
      if (leadership()?.leader === self) return;
      await world.clock.sleep(heartbeatMs, signal);
      if (this.#noted.delete(pollId)) return;
    }
  }

  async #work(work: () => Promise<void>, note: () => void): Promise<void> {
    const { world, signal } = this.#parts;
    world.activity.begin();
    await work();
    if (!signal.aborted) note();
    world.activity.end();
  }
}
