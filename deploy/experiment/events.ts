/**
 * What a board's processes note, a line of JSON each. The four steps are those of the dissertation, section 5.5;
 * times are of CLOCK_MONOTONIC, which is one for all network namespaces of a machine.
 */
export interface BoardEvent {
  /**
   * registered (s1): the actor tells its agent what it provides or requires; notified (s2): the agent tells the
   * actor of a provider; told (s3): the actor has it; connected (s4): its link to the provider is open;
   * heard: its first message is here. Others, such as "actor-active": what the agent tells whoever started it.
   */
  readonly kind: string;
  readonly board: string;
  readonly atUs: number;
  /** registered: what for; absent with other kinds. */
  readonly as?: "provider" | "requester";
  /** Of the provider; absent with "heard" and requesters. */
  readonly endpoint?: string;
}

/** Monotonic time in whole µs, the same for all processes of a Linux machine. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** A line that a process wrote, if it is an event; other lines are somebody's log. */
export function eventOf(line: string): BoardEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  const value = JSON.parse(line) as Partial<BoardEvent>;
  if (typeof value.kind !== "string" || typeof value.atUs !== "number") return undefined;
  return value as BoardEvent;
}
