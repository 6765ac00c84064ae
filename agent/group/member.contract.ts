// What the tests of groups share: a member that notes what it hears, and a switchboard that lets members find each other.
import type { World } from "../core/world.ts";
import type { ActionReport } from "./action-report.ts";
import type { ActionMeeting } from "./action-rule.ts";
import { Group } from "./group.ts";
import type { GroupListener } from "./group-listener.ts";
import type { GroupOptions } from "./group-options.ts";
import type { PollRecord } from "./group-types.ts";

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Tells all members of one group each other's endpoints, as a board's registry does. */
export class Switchboard {
  readonly #groups = new Set<Group>();

  add(group: Group): void {
    this.#groups.add(group);
    this.#tell();
  }

  remove(group: Group): void {
    this.#groups.delete(group);
    this.#tell();
  }

  #tell(): void {
    const endpoints = [...this.#groups].map(({ endpoint }) => endpoint);
    for (const group of this.#groups) group.follow(endpoints);
  }
}

/** One member, with all it heard, one word or two each. */
export class TestMember implements GroupListener, AsyncDisposable {
  readonly heard: string[] = [];
  readonly commands: string[] = [];
  readonly actions: { readonly topic: string; readonly lateUs: number; readonly atUs: number }[] =
    [];
  readonly reports: ActionReport[] = [];
  readonly stamps: (number | undefined)[] = [];
  /** What it votes. */
  vote: (topic: string) => boolean = () => true;
  state: unknown;
  readonly #world: World;
  readonly #switchboard: Switchboard;
  group!: Group;

  private constructor(world: World, switchboard: Switchboard) {
    this.#world = world;
    this.#switchboard = switchboard;
  }

  static async join(
    world: World,
    switchboard: Switchboard,
    options: GroupOptions,
    givesSnapshots = false,
  ): Promise<TestMember> {
    const member = new TestMember(world, switchboard);
    member.group = await Group.open({
      world,
      options,
      listener: member,
      givesSnapshots: () => givesSnapshots,
    });
    switchboard.add(member.group);
    member.group.start();
    return member;
  }

  message({ role, payload, from, sentUtcUs }: Parameters<GroupListener["message"]>[0]): boolean {
    this.heard.push(`${role} ${from}: ${textOf(payload)}`);
    this.stamps.push(sentUtcUs);
    return true;
  }
  joined(member: string): void {
    this.heard.push(`joined ${member}`);
  }
  left(member: string): void {
    this.heard.push(`left ${member}`);
  }
  elected({ leader, term }: { leader: string; term: number }): void {
    this.heard.push(`elected ${leader} ${term}`);
  }
  exited({ leader, term }: { leader: string; term: number }): void {
    this.heard.push(`exited ${leader} ${term}`);
  }
  asked({ topic }: PollRecord, answer: (isYes: boolean) => void): void {
    answer(this.vote(textOf(topic)));
  }
  verdict({ topic }: PollRecord, isAccepted: boolean): Promise<void> {
    this.heard.push(`${isAccepted ? "accepted" : "not accepted"} ${textOf(topic)}`);
    return Promise.resolve();
  }
  action({ topic, atUtcUs = 0 }: PollRecord, meet: () => ActionMeeting): Promise<void> {
    const { end, utcUs } = meet();
    if (end === "acted" || end === "late") {
      const lateUs = Math.max(0, utcUs - atUtcUs);
      this.actions.push({ topic: textOf(topic), lateUs, atUs: this.#world.clock.utcUs() });
    } else this.heard.push(`${end} ${textOf(topic)}`);
    return Promise.resolve();
  }
  report(report: ActionReport): void {
    this.reports.push(report);
  }
  command(_index: number, command: Uint8Array): void {
    this.commands.push(textOf(command));
  }
  restored(_index: number, state: unknown): void {
    this.commands.splice(0, Number.POSITIVE_INFINITY, ...((state ?? []) as string[]));
  }
  snapshot(): Promise<unknown> {
    return Promise.resolve([...this.commands]);
  }

  /** Forgets it without a goodbye: its world has ended. */
  lost(): void {
    this.#switchboard.remove(this.group);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.group[Symbol.asyncDispose]();
    this.#switchboard.remove(this.group);
  }
}
