import type { Arrival } from "../../agent/component/calls.ts";
import { component } from "../../agent/component/define.ts";
import type { ActionReport, GroupMember, Poll, TimedAction } from "../../agent/component/group.ts";
import { integerOption } from "../../agent/component/options.ts";
import { tim } from "../../agent/component/ports.ts";
import { Load, type LoadMessage } from "./messages.ts";

/** Time for a vote, and from its start to the instant of the action: every board must have heard by then. */
const VOTE_MS_MAX = 800;
const ACTION_AHEAD_US = 1_500_000;
const ALL_PERMILLE = 1_000;

/**
 * One feeder's breaker. Every member reports its load to the leader; the leader, and nobody else, calls
 * a vote when the sum is over the limit. What was voted for happens on all members at one instant.
 */
export const breaker = component({
  name: "Breaker",
  ports: { meter: tim() },
  groups: { Transformer: Load },
  options: (parameters) => ({
    loadW: integerOption(parameters, "loadW"),
    limitW: integerOption(parameters, "limitW", 1),
    feeders: integerOption(parameters, "feeders", 1),
  }),
  setup({ clock, group, log }, options) {
    const { limitW, feeders } = options;
    const loads = new Map<string, number>();
    let { loadW } = options;
    let team: GroupMember<LoadMessage> | undefined;
    let isVoting = false;
    // Loads from before this instant say nothing about the time after it, for an old leader and a new one.
    let actionUtcUs = 0;

    async function shed(member: GroupMember<LoadMessage>, sumW: number): Promise<void> {
      isVoting = true;
      const keepPermille = Math.floor((limitW * ALL_PERMILLE) / sumW);
      const atUtcUs = clock.utcUs() + ACTION_AHEAD_US;
      const topic = { loadW: sumW, keepPermille };
      // A transformer is better relieved late than never.
      const action: TimedAction = { atUtcUs, whenLate: "act" };
      const outcome = await member.requestActionVote(topic, action, "majority", VOTE_MS_MAX);
      const accepted = outcome.kind === "decided" && outcome.accepted;
      log("info", "vote-over", { outcome: outcome.kind, accepted, sumW, keepPermille });
      isVoting = false;
    }

    return {
      async handleActivate() {
        team = await group.Transformer.join("T1", { size: feeders });
      },
      on_meter() {
        if (team === undefined) return;
        const own = { loadW, keepPermille: ALL_PERMILLE };
        if (!team.isLeader) team.sendToLeader(own);
        else if (clock.utcUs() > actionUtcUs) {
          loads.set(team.self, loadW);
          const sumW = [...loads.values()].reduce((sum, each) => sum + each, 0);
          // Not awaited: while the vote runs, loads go on coming in.
          if (sumW > limitW && !isVoting) void shed(team, sumW);
        }
      },
      handleMessageToLeader(_team, { loadW: load }: LoadMessage, from, arrival: Arrival) {
        const { sentUtcUs = arrival.receivedUtcUs } = arrival;
        if (sentUtcUs > actionUtcUs) loads.set(from, load);
      },
      handleMemberLeft(_team, member) {
        loads.delete(member);
      },
      handleLeaderElected(_team, { leader, term }) {
        loads.clear();
        log("info", "leader", { leader, term });
      },
      handleActionVoteRequest: (_team, { topic }: Poll<LoadMessage>) => topic.keepPermille > 0,
      handleVoteResult(_team, { atUtcUs = 0 }: Poll<LoadMessage>, accepted) {
        if (!accepted) return;
        actionUtcUs = Math.max(actionUtcUs, atUtcUs);
        loads.clear();
      },
      handleGroupAction(_team, { topic, atUtcUs }: Poll<LoadMessage>, lateUs) {
        loadW = Math.floor((loadW * topic.keepPermille) / ALL_PERMILLE);
        log("info", "shed", { loadW, atUtcUs: atUtcUs ?? 0, lateUs });
      },
      handleActionDeclined(_team, _poll, { why, lateUs }) {
        log("warn", "not-shed", { why, lateUs });
      },
      handleActionReport(_team, { members, missing, spreadUs = 0 }: ActionReport) {
        const shedCount = members.filter(({ end }) => end === "acted" || end === "late").length;
        log("info", "shed-report", { shedCount, missing: missing.length, spreadUs });
      },
    };
  },
});
