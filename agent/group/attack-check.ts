import type { GroupRule } from "./group-rule.ts";
import type { EntryBody, GroupEvent, PollRecord, Verdict } from "./group-types.ts";

/** A promise of the rules that was broken. */
export class Broken extends Error {
  override readonly name = "Broken";
}

/**
 * What must hold whatever happens, checked after every step of every member. Bodies of entries are
 * compared by identity: the attack's network hands objects on as they are.
 */
export class AttackCheck {
  readonly #leaders = new Map<number, string>();
  /** By index. */
  readonly #decided: { readonly term: number; readonly body: EntryBody }[] = [];
  readonly #verdicts = new Map<string, Verdict>();
  readonly #yes = new Map<string, Set<string>>();
  #set = "";
  leaderCount = 0;
  verdictCount = 0;
  commandCount = 0;

  get decidedCount(): number {
    return this.#decided.length;
  }

  /** `member` has answered yes. */
  saidYes(member: string, poll: PollRecord): void {
    const names = this.#yes.get(poll.pollId) ?? new Set([poll.from]);
    this.#yes.set(poll.pollId, names.add(member));
  }

  /** `life` leads from now on, says `member`; `others` say they lead as well. */
  leads(rule: GroupRule, { leader, term }: { leader: string; term: number }, life: number): void {
    const known = this.#leaders.get(term);
    const name = `${leader} (${life})`;
    if (known !== undefined && known !== name)
      throw new Broken(`term ${term} has two leaders: ${known} and ${name}`);
    if (known !== undefined) return;
    this.leaderCount += 1;
    this.#leaders.set(term, name);
    for (const [place, { term: wanted }] of this.#decided.entries()) {
      const index = place + 1;
      if (index <= rule.log.base.index) continue;
      if (rule.log.termAt(index) !== wanted)
        throw new Broken(`${name} leads in term ${term} without the decided entry ${index}`);
    }
    if (rule.log.end.index < this.#decided.length)
      throw new Broken(`${name} leads in term ${term} with a log that is too short`);
  }

  /** A leader without a quorum stands down before there can be another one. */
  leadsAlone(leader: string, rival: string | undefined): void {
    if (rival !== undefined) throw new Broken(`${leader} leads, and so does ${rival}`);
  }

  /** `member` has taken in what is decided from `from` up to its commit index. */
  decided(member: string, rule: GroupRule, from: number): void {
    for (let index = from + 1; index <= rule.commitIndex; index += 1) {
      const entry = rule.log.at(index);
      if (entry === undefined) continue;
      const known = this.#decided[index - 1];
      if (known === undefined) this.#decided[index - 1] = entry;
      else if (known.term !== entry.term || known.body !== entry.body)
        throw new Broken(`${member} has another entry ${index} than was decided`);
    }
  }

  heard(member: string, rule: GroupRule, event: GroupEvent): void {
    switch (event.kind) {
      case "founded": {
        const set = event.voters.join(" ");
        if (this.#set !== "" && this.#set !== set)
          throw new Broken(`two sets of voters: ${this.#set}, and ${set}`);
        this.#set = set;
        break;
      }
      case "verdict":
        this.#verdict(member, rule, event.poll, event.verdict);
        break;
      case "command": {
        const body = this.#decided[event.index - 1]?.body;
        this.commandCount += 1;
        if (body?.kind === "command" && body.proposalId !== event.proposalId)
          throw new Broken(`${member} handles another command ${event.index}`);
        break;
      }
      case "restored":
      case "leadership":
      case "asked":
      case "compact":
      case "foreign":
        break;
    }
  }

  /** Every member that is up has all that was ever decided. */
  complete(member: string, rule: GroupRule): void {
    if (rule.commitIndex < this.#decided.length)
      throw new Broken(`${member} knows ${rule.commitIndex} of ${this.#decided.length} entries`);
  }

  #verdict(member: string, rule: GroupRule, poll: PollRecord, verdict: Verdict): void {
    const { pollId } = poll;
    const known = this.#verdicts.get(pollId);
    if (known === undefined) this.verdictCount += 1;
    if (known !== undefined && known !== verdict)
      throw new Broken(`${member} hears ${verdict} on ${pollId}, others heard ${known}`);
    this.#verdicts.set(pollId, verdict);
    if (verdict !== "accepted") return;
    const voters = rule.voters ?? [];
    const names = this.#yes.get(pollId) ?? new Set([poll.from]);
    const yes = voters.filter((name) => names.has(name)).length;
    if (yes < (poll.rule === "majority" ? voters.length / 2 + 0.5 : voters.length))
      throw new Broken(`${pollId} was accepted with ${yes} of ${voters.length} votes`);
  }
}
