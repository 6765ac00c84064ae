import type { AnyDefinition } from "../component/define.ts";
import type { Ports } from "../component/ports.ts";
import type { Clock } from "../core/clock.ts";
import { AgentError } from "../core/errors.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { fromText, toText } from "./plain-text.ts";
import type { RecordedMessage } from "./read-recording.ts";

/** How traffic is played. */
export interface PlaybackOptions {
  readonly clock: Clock;
  /** 1: as it was; 10: ten times as fast. More than 0. */
  readonly rate: number;
  /** The messages of the component's publishing ports, by port. */
  readonly messages: ReadonlyMap<string, readonly RecordedMessage[]>;
  /** The component's journal: what its servers answered. */
  readonly journal: readonly JournalEntry[];
  /** Aborts when the actor ends. */
  readonly signal: AbortSignal;
  /** Called once, when everything was published. */
  readonly over: (messageCount: number) => void;
}

/**
 * A component in the place of `definition` that publishes what was recorded, in the same rhythm.
 * Its servers answer what they answered to the same request then; its other ports take things in and
 * do nothing.
 * @throws AgentError PLAYBACK_RATE_INVALID, or from a server PLAYBACK_REPLY_UNKNOWN.
 */
export function playbackComponent(
  definition: AnyDefinition,
  { clock, rate, messages, journal, signal, over }: PlaybackOptions,
): AnyDefinition {
  if (!(rate > 0)) throw new AgentError("PLAYBACK_RATE_INVALID", { rate });
  const ports = definition.ports as Ports;
  const all = Object.entries(ports)
    .filter(([, port]) => port.kind === "pub")
    .flatMap(([name]) => (messages.get(name) ?? []).map((message) => ({ name, ...message })))
    .sort((one, other) => one.utcUs - other.utcUs);
  return {
    name: definition.name,
    ports,
    options: () => undefined,
    setup({ port }) {
      const publish = port as Readonly<Record<string, (message: unknown) => void>>;
      const play = async (): Promise<void> => {
        const startUtcUs = clock.utcUs();
        const [first] = all;
        for (const { name, utcUs, text } of all) {
          const sinceUs = Math.round((utcUs - (first?.utcUs ?? 0)) / rate);
          await clock.sleepUntilUtc(startUtcUs + sinceUs, signal);
          if (signal.aborted) return;
          publish[name]?.(fromText(text, () => undefined));
        }
        over(all.length);
      };
      const replies = repliesOf(journal);
      const silent = Object.entries(ports).flatMap(([name, each]) => {
        if (each.kind === "pub" || each.kind === "clt") return [];
        const isServer = each.kind === "srv";
        return [[`on_${name}`, isServer ? serverOf(`on_${name}`, replies) : () => undefined]];
      });
      // Not awaited: a handler that runs for the whole recording would hold up all others.
      return { ...Object.fromEntries(silent), handleActivate: () => void play() } as ReturnType<
        AnyDefinition["setup"]
      >;
    },
  };
}

/** What handlers returned, by their name and the text of their first argument. */
function repliesOf(journal: readonly JournalEntry[]): ReadonlyMap<string, string> {
  const asked = new Map<number, string>();
  const replies = new Map<string, string>();
  for (const entry of journal) {
    if (entry.kind === "begin") asked.set(entry.id, keyOf(entry.handler, entry.args));
    if (entry.kind === "end") replies.set(asked.get(entry.id) ?? "", entry.result);
  }
  return replies;
}

function serverOf(
  handler: string,
  replies: ReadonlyMap<string, string>,
): (request: unknown) => unknown {
  return (request: unknown): unknown => {
    const reply = replies.get(keyOf(handler, toText([request])));
    if (reply === undefined)
      throw new AgentError("PLAYBACK_REPLY_UNKNOWN", { handler, request: toText(request) });
    return fromText(reply, () => undefined);
  };
}

function keyOf(handler: string, args: string): string {
  const [first] = JSON.parse(args) as readonly unknown[];
  return `${handler} ${JSON.stringify(first)}`;
}
