import type { Json } from "../../agent/core/rpc.ts";
import { type Command, EXIT } from "./command.ts";
import { AGENT_HELP, AGENT_OPTIONS, ask, findAgent } from "./find-agent.ts";
import { readWords } from "./words.ts";

/** What the agent's method `status` answers. */
export interface NodeStatus {
  readonly board: string;
  readonly cluster: string;
  readonly uptimeMs: number;
  readonly clock: { readonly source: string; readonly boundUs: number | null };
  readonly boards: readonly string[];
  /** Who speaks as a board and is not believed. */
  readonly refused: readonly {
    readonly boardId: string;
    readonly from: string;
    readonly kind: "imposter" | "stranger";
  }[];
  readonly actors: readonly {
    readonly actor: string;
    readonly application: string;
    readonly state: string;
    readonly pid: number | null;
    readonly uptimeMs: number | null;
    readonly startCount: number;
    readonly incidentCount: number;
    readonly lastReason: string | null;
  }[];
  readonly sizes: Readonly<Record<string, number>>;
}

/** `hedgerow status`: how this board's agent and its actors are. */
export const statusCommand: Command = {
  summary: "how this board's agent is, its actors, and which boards it knows",
  help: `hedgerow status [options]

Asks the running agent of this machine. Exit status 1: there is none, or an actor was given up.

${AGENT_HELP}
  --json                prints what the agent answered`,
  async run(words, { out }) {
    const { values } = readWords(words, { ...AGENT_OPTIONS, json: { type: "boolean" } });
    const answer = await ask(await findAgent(values), "status");
    const status = answer as Json & NodeStatus;
    out.write(values["json"] === true ? `${JSON.stringify(answer)}\n` : statusText(status));
    return status.actors.some(({ state }) => state === "given-up") ? EXIT.failed : EXIT.ok;
  },
};

/** The same for people. */
export function statusText({
  board,
  cluster,
  uptimeMs,
  clock,
  boards,
  refused,
  actors,
}: NodeStatus): string {
  const bound = clock.boundUs === null ? "unknown error" : `± ${clock.boundUs} µs`;
  const lines = [
    `board ${board} of cluster ${cluster}, up ${spanText(uptimeMs)}`,
    `clock ${clock.source}, ${bound}`,
    `boards ${boards.join(" ")}`,
    ...refused.map(({ kind, boardId, from }) => `${kind} from ${from} speaks as ${boardId}`),
    ...(actors.length === 0 ? ["no actors are placed here"] : []),
  ];
  for (const { actor, application, state, pid, uptimeMs: upMs, ...more } of actors) {
    const process = pid === null ? "" : ` pid ${pid}, up ${spanText(upMs ?? 0)}`;
    const starts = more.startCount > 1 ? `, ${more.startCount} starts` : "";
    const incidents = more.incidentCount > 0 ? `, ${more.incidentCount} incidents` : "";
    const [reason = ""] = (more.lastReason ?? "").split("\n");
    const ended = reason === "" ? "" : `, ended last: ${reason}`;
    lines.push(`${application}/${actor} ${state}${process}${starts}${incidents}${ended}`);
  }
  return `${lines.join("\n")}\n`;
}

/** A time as people say it: the two largest units. */
export function spanText(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  const [d, h, m, s] = [seconds / 86_400, seconds / 3600, seconds / 60, seconds].map(Math.floor);
  if ((d ?? 0) > 0) return `${d} d ${(h ?? 0) % 24} h`;
  if ((h ?? 0) > 0) return `${h} h ${(m ?? 0) % 60} min`;
  return (m ?? 0) > 0 ? `${m} min ${(s ?? 0) % 60} s` : `${s} s`;
}
