import type { LinkState } from "../core/wire.ts";
import type { World } from "../core/world.ts";
import type { TimedAction } from "./action-rule.ts";
import { Alarm } from "./alarm.ts";
import { GroupActions } from "./group-actions.ts";
import { GroupDisk } from "./group-disk.ts";
import { type DataMessage, type GroupFrame, pack, unpack } from "./group-frame.ts";
import { GroupLink } from "./group-link.ts";
import type { GroupListener } from "./group-listener.ts";
import { EVERYONE } from "./group-message.ts";
import {
  checkActionTerms,
  checkGroupOptions,
  type GroupOptions,
  type GroupTimes,
  groupTimes,
} from "./group-options.ts";
import { checkPayload } from "./group-payload.ts";
import { GroupRequests, type VoteEnd } from "./group-requests.ts";
import { type Effects, GroupRule, type Input } from "./group-rule.ts";
import type { GroupEvent, Leadership, Now, PollRecord } from "./group-types.ts";
import { type PresenceChange, PresenceTable } from "./presence-table.ts";
import { ruleOptions } from "./rule-options.ts";

const LIFE_BYTES = 6;

/** How a member is joined. */
export interface JoinParts {
  readonly world: World;
  readonly options: GroupOptions;
  readonly listener: GroupListener;
  /** Whether `listener.snapshot` gives anything; default: no. */
  readonly givesSnapshots?: () => boolean;
}

/** One member of one group: runs its rules with a wire, a disk and two clocks. */
export class Group implements AsyncDisposable {
  readonly #world: World;
  readonly #options: GroupOptions;
  readonly #times: Required<GroupTimes>;
  readonly #listener: GroupListener;
  readonly #life: number;
  readonly #presence: PresenceTable;
  readonly #ended = new AbortController();
  readonly #requests: GroupRequests;
  readonly #disk: GroupDisk | undefined;
  readonly #rule: GroupRule | undefined;
  readonly #actions: GroupActions | undefined;
  readonly #alarm: Alarm;
  readonly #utcAlarm: Alarm;
  #link: GroupLink | undefined;
  #beatDueMs: number;
  #sentCountAtBeat = 0;
  /** Messages of components that were dropped: malformed, or for a leader that leads no more. */
  strayCount = 0;
  #told: Leadership | undefined;
  #requestCount = 0;

  private constructor(parts: JoinParts, life: number, disk: GroupDisk | undefined) {
    const { world, options, listener } = parts;
    const { clock } = world;
    this.#world = world;
    this.#options = options;
    this.#listener = listener;
    this.#life = life;
    this.#disk = disk;
    this.#times = groupTimes(options.times);
    this.#presence = new PresenceTable(options.self, this.#times.peerTimeoutMs);
    const { signal } = this.#ended;
    this.#requests = new GroupRequests(clock, signal);
    const { group, self } = options;
    const { heartbeatMs } = this.#times;
    this.#actions =
      disk === undefined
        ? undefined
        : new GroupActions({
            ...{ world, group, self, disk, listener, heartbeatMs, signal },
            leadership: () => this.leadership,
            voters: () => this.#rule?.voters ?? [],
            publish: (to, message) => this.#publish(to, message),
          });
    this.#rule =
      disk === undefined
        ? undefined
        : new GroupRule(
            ruleOptions(options, life, {
              random: world.random,
              givesSnapshots: parts.givesSnapshots?.() === true,
            }),
            disk.read(),
            this.#now(),
          );
    const tick = (): void => this.#tick();
    this.#alarm = new Alarm(
      (dueMs, signal) => clock.sleep(Math.max(0, dueMs - clock.monotonicMs()), signal),
      tick,
    );
    this.#utcAlarm = new Alarm((dueUs, signal) => clock.sleepUntilUtc(dueUs, signal), tick);
    this.#beatDueMs = clock.monotonicMs();
  }

  /**
   * Opens a membership, which begins with `start`; nothing is heard before `follow` has named others.
   * @throws AgentError GROUP_OPTION_INVALID; STORE_IN_USE when a member of this name is on this board already.
   */
  static async open(parts: JoinParts): Promise<Group> {
    const { world, options } = parts;
    checkGroupOptions(options);
    const life = world.random.bytes(LIFE_BYTES).reduce((sum, byte) => sum * 256 + byte, 0);
    const disk =
      options.size === undefined
        ? undefined
        : await GroupDisk.open(world.store, `${options.group} ${options.self}`);
    const group = new Group(parts, life, disk);
    group.#link = await GroupLink.open(
      world,
      (frame) => group.#receive(frame),
      (endpoint) => group.#presence.isUsed(endpoint),
    );
    return group;
  }

  /** Takes part from now on. */
  start(): void {
    if (this.#rule !== undefined) this.#do(this.#rule.start(this.#now()));
    this.#actions?.start();
    this.#tick();
  }

  /** This member's name. */
  get self(): string {
    return this.#options.self;
  }

  /** How it stands with the sockets of the others. */
  links(): readonly LinkState[] {
    return this.#link?.links() ?? [];
  }

  /** Where others hear this member. */
  get endpoint(): string {
    return this.#link?.endpoint ?? "";
  }

  /** Frames from the wire that were no frames of this group. */
  get malformedCount(): number {
    return this.#link?.malformedCount ?? 0;
  }

  /** The members that are there, in order of name. */
  get members(): readonly string[] {
    return this.#presence.members;
  }

  get leadership(): Leadership | undefined {
    return this.#rule?.leadership;
  }

  get isLeader(): boolean {
    return this.#rule?.isLeading === true;
  }

  /** Hears the members that publish at these endpoints; its own may be among them. */
  follow(endpoints: readonly string[]): void {
    if (!this.#ended.signal.aborted) this.#link?.follow(endpoints);
  }

  /** Sends to all others. */
  send(payload: Uint8Array): void {
    this.#sendData(EVERYONE, "all", payload);
  }

  /** False when `member` is not known to be there. */
  sendTo(member: string, payload: Uint8Array): boolean {
    if (!this.#presence.has(member)) return false;
    this.#sendData([member], this.isLeader ? "fromLeader" : "one", payload);
    return true;
  }

  /** False when there is no leader, as far as is known here. */
  sendToLeader(payload: Uint8Array): boolean {
    const { leadership } = this;
    if (leadership === undefined) return false;
    this.#sendData([leadership.leader], "toLeader", payload);
    return true;
  }

  /**
   * Asks all voters; `action`: about one at that instant, before which it has to be decided.
   * @throws AgentError GROUP_PAYLOAD_TOO_LARGE; GROUP_OPTION_INVALID for terms out of their ranges.
   */
  async requestVote(
    topic: Uint8Array,
    rule: PollRecord["rule"],
    timeoutMs: number,
    action?: TimedAction,
  ): Promise<VoteEnd> {
    checkPayload(topic);
    const { atUtcUs, ...terms } = action ?? {};
    checkActionTerms(terms);
    if (this.leadership === undefined || this.#requests.isFull) return { kind: "no-leader" };
    const { self: from } = this.#options;
    const pollId = this.#nextId();
    const untilUtcUs = this.#world.clock.utcUs() + Math.round(timeoutMs * 1_000);
    const closesUtcUs = Math.min(untilUtcUs, atUtcUs ?? untilUtcUs);
    const graceUs = this.#times.consensusTimeoutMs * 1_000;
    const outcome = this.#requests.outcome(pollId, closesUtcUs + graceUs);
    const poll = { pollId, rule, topic, atUtcUs, terms, closesUtcUs, from };
    this.#step({ kind: "ask", poll });
    const end = await outcome;
    if (end === "unknown") return { kind: "expired", pollId };
    return { kind: "decided", pollId, accepted: end === "yes" };
  }

  /** Adds a command to the log, at most once. @throws AgentError GROUP_PAYLOAD_TOO_LARGE. */
  async propose(
    command: Uint8Array,
    timeoutMs: number,
  ): Promise<"decided" | "unknown" | "no-leader"> {
    checkPayload(command);
    if (this.leadership === undefined || this.#requests.isFull) return "no-leader";
    const proposalId = this.#nextId();
    const untilUtcUs = this.#world.clock.utcUs() + Math.round(timeoutMs * 1_000);
    const outcome = this.#requests.outcome(proposalId, untilUtcUs);
    this.#step({ kind: "propose", proposalId, command });
    return (await outcome) === "yes" ? "decided" : "unknown";
  }

  /** Says goodbye, and closes all. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended.signal.aborted) this.#publish(EVERYONE, { kind: "bye" });
    this.#ended.abort();
    this.#alarm[Symbol.dispose]();
    this.#utcAlarm[Symbol.dispose]();
    await this.#link?.[Symbol.asyncDispose]();
    await this.#disk?.[Symbol.asyncDispose]();
  }

  #now(): Now {
    const { clock } = this.#world;
    return { ms: clock.monotonicMs(), utcUs: clock.utcUs() };
  }

  #nextId(): string {
    this.#requestCount += 1;
    return `${this.#options.self}#${this.#life.toString(36)}-${this.#requestCount}`;
  }

  #tick(): void {
    if (this.#ended.signal.aborted) return;
    this.#step({ kind: "tick" });
    const { ms } = this.#now();
    if (ms >= this.#beatDueMs) this.#beat(ms);
    this.#alarm.set(this.#beatDueMs);
  }

  #beat(nowMs: number): void {
    this.#beatDueMs = nowMs + this.#times.heartbeatMs;
    this.#changed(this.#presence.expire(nowMs));
    // Whoever has said anything since the last beat is known to be alive.
    if (this.#link?.sentCount === this.#sentCountAtBeat) this.#sayAlive();
    this.#sentCountAtBeat = this.#link?.sentCount ?? 0;
  }

  #sayAlive(): void {
    this.#publish(EVERYONE, { kind: "alive", endpoint: this.endpoint });
  }

  #receive(frame: GroupFrame): void {
    const { self, group } = this.#options;
    const { from, life, set, to, message } = frame;
    if (frame.group !== group) {
      if (this.#link !== undefined) this.#link.malformedCount += 1;
      return;
    }
    if (from === self) return;
    this.#changed(
      message.kind === "bye"
        ? this.#presence.gone(from, life)
        : this.#presence.heard(from, life, this.#now().ms),
    );
    if (to[0] !== "*" && !to.includes(self)) return;
    if (message.kind === "alive") this.#presence.at(from, message.endpoint);
    else if (message.kind === "bye") this.#step({ kind: "gone", member: from });
    else if (message.kind === "data") this.#dataCame(from, message);
    else if (message.kind === "acted" || message.kind === "noted")
      this.#actions?.heard(from, message);
    else this.#step({ kind: "message", incoming: { from, life, set, message } });
  }

  #dataCame(from: string, { role, payload, sentUtcUs }: DataMessage): void {
    // It led when this was sent to it, and does no more: not for this member.
    const isWanted = role !== "toLeader" || this.isLeader;
    if (!isWanted || !this.#listener.message({ role, payload, from, sentUtcUs }))
      this.strayCount += 1;
  }

  #changed(changes: readonly PresenceChange[]): void {
    if (changes.length === 0) return;
    for (const { kind, member } of changes) this.#listener[kind](member);
    // A newcomer has to learn of this member, and hears it from now on.
    if (changes.some(({ kind }) => kind === "joined")) this.#sayAlive();
    this.#link?.tidy();
    this.#step({ kind: "seen", members: this.#presence.members });
  }

  #step(input: Input): void {
    if (this.#rule === undefined || this.#ended.signal.aborted) return;
    this.#do(this.#rule.step(input, this.#now()));
  }

  #do({ change, sends, events }: Effects): void {
    // First the disk: what is said must not be forgotten.
    if (change !== undefined) this.#disk?.write(change);
    for (const { to, message } of sends) this.#publish(to, message);
    for (const event of events) this.#heard(event);
    if (this.#rule === undefined) return;
    const { ms, utcUs } = this.#rule.due;
    this.#alarm.set(ms);
    if (Number.isFinite(utcUs)) this.#utcAlarm.set(utcUs);
  }

  #sendData(to: readonly string[], role: DataMessage["role"], payload: Uint8Array): void {
    const sentUtcUs = this.#options.isTimed === true ? this.#world.clock.utcUs() : undefined;
    const data: DataMessage = { kind: "data", role, payload, sentUtcUs };
    if (to[0] === this.#options.self) this.#dataCame(to[0], data);
    else this.#publish(to, data);
  }

  #publish(to: readonly string[], message: GroupFrame["message"]): void {
    const { group, self: from } = this.#options;
    const set = this.#rule?.set ?? "";
    this.#link?.publish({ group, from, life: this.#life, set, to, message });
  }

  #heard(event: GroupEvent): void {
    const { log } = this.#world;
    const { group } = this.#options;
    this.#requests.heard(event);
    switch (event.kind) {
      case "founded":
        log.write("info", "group-founded", { group, voters: event.voters.join(" ") });
        break;
      case "leadership":
        this.#led(event.leadership);
        break;
      case "asked":
        this.#asked(event.poll);
        break;
      case "verdict":
        void this.#actions?.decided(event.index, event.poll, event.verdict === "accepted");
        break;
      case "command":
        this.#listener.command(event.index, event.command);
        break;
      case "restored":
        this.#restored(event.index, event.state.component);
        this.#actions?.restored(event.state.actions);
        break;
      case "compact":
        void this.#compact(event.index);
        break;
      case "foreign":
        log.write("error", "group-split", { group, member: event.from });
        break;
    }
  }

  #asked(poll: PollRecord): void {
    this.#listener.asked(poll, (isYes) => {
      this.#step({ kind: "answer", pollId: poll.pollId, isYes });
    });
  }

  #restored(index: number, component: Uint8Array | undefined): void {
    if (this.#options.keepsCommands !== true) return;
    this.#listener.restored(index, component === undefined ? undefined : unpack(component));
  }

  #led(leadership: Leadership | undefined): void {
    const before = this.#told;
    this.#told = leadership;
    if (before !== undefined) this.#listener.exited(before);
    if (leadership !== undefined) this.#listener.elected(leadership);
    this.#actions?.settle();
  }

  async #compact(index: number): Promise<void> {
    const { keepsCommands, group } = this.#options;
    const state = keepsCommands === true ? await this.#listener.snapshot(index) : undefined;
    if (state === undefined && keepsCommands === true)
      this.#world.log.write("warn", "group-log-cut", { group, index });
    const component = state === undefined ? undefined : pack(state);
    this.#step({ kind: "snapshot", index, component });
  }
}
