import type { Json } from "../../agent/core/rpc.ts";
import { type Command, EXIT } from "./command.ts";
import { AGENT_HELP, AGENT_OPTIONS, ask, findAgent } from "./find-agent.ts";
import { readWords } from "./words.ts";

/** What the agent's method `dht` answers, as far as it is shown. */
export interface DhtAnswer {
  readonly board: string;
  readonly id: string;
  readonly address: string;
  readonly members: readonly {
    readonly board: string;
    readonly id: string;
    readonly address: string;
  }[];
  readonly keys: readonly {
    readonly key: string;
    readonly topic: string | null;
    readonly isKeeper: boolean;
    readonly hasListener: boolean;
    readonly records: readonly {
      readonly board: string | null;
      readonly ownerId: string;
      readonly value: string | null;
      readonly expiresInMs: number;
    }[];
  }[];
  readonly leases: readonly {
    readonly key: string;
    readonly topic: string | null;
    readonly leaseCount: number;
  }[];
  readonly counters: Readonly<Record<string, number>>;
}

/** Digits of an id that people are shown: enough to tell boards apart. */
const SHOWN_DIGITS = 10;
const MS_PER_S = 1000;

/** `hedgerow dht`: looks inside the registry of the cluster. */
export const dhtCommand: Command = {
  summary: "what this board keeps of the cluster's registry: members, keys, owners, leases",
  help: `hedgerow dht [options]

Asks the running agent of this machine what it keeps of the distributed registry: its own id and those of the
members; each key with who has said what under it and when that expires, whether this board is one of its keepers
and listens to it; leases: how many others are to be told of changes; and all that is counted. Names of
topics are shown where this board provides or requires them itself; others are known by their hash alone.

${AGENT_HELP}
  --json                prints what the agent answered`,
  async run(words, { out }) {
    const { values } = readWords(words, { ...AGENT_OPTIONS, json: { type: "boolean" } });
    const answer = await ask(await findAgent(values), "dht");
    const dht = answer as Json & DhtAnswer;
    out.write(values["json"] === true ? `${JSON.stringify(answer)}\n` : dhtText(dht));
    return EXIT.ok;
  },
};

/** The same for people. */
export function dhtText({
  board,
  id,
  address,
  members,
  keys,
  leases,
  counters,
}: DhtAnswer): string {
  const lines = [
    `board ${board}, id ${shown(id)}, at ${address}`,
    `${members.length} members`,
    ...members.map((member) => `  ${member.board} ${shown(member.id)} at ${member.address}`),
    `${keys.length} keys`,
  ];
  for (const { key, topic, isKeeper, hasListener, records } of keys) {
    const roles = [...(isKeeper ? ["keeper"] : []), ...(hasListener ? ["listener"] : [])];
    lines.push(`  ${topic ?? shown(key)}${roles.length === 0 ? "" : ` (${roles.join(", ")})`}`);
    for (const record of records) {
      const owner = record.board ?? shown(record.ownerId);
      const expiry = `expires in ${Math.ceil(record.expiresInMs / MS_PER_S)} s`;
      lines.push(`    ${owner} ${record.value ?? "withdrawn"}, ${expiry}`);
    }
  }
  lines.push(`${leases.length} keys with listeners elsewhere`);
  for (const { key, topic, leaseCount } of leases)
    lines.push(`  ${topic ?? shown(key)} ${leaseCount}`);
  const counted = Object.entries(counters).filter(([, count]) => count > 0);
  lines.push(...counted.map(([name, count]) => `${name} ${count}`));
  return `${lines.join("\n")}\n`;
}

function shown(id: string): string {
  return id.slice(0, SHOWN_DIGITS);
}
