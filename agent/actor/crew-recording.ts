import type { AnyDefinition } from "../component/define.ts";
import { AgentError } from "../core/errors.ts";
import { hexOf } from "../core/hex.ts";
import type { World } from "../core/world.ts";
import type { ActorInstance } from "../model/instances.ts";
import { playbackComponent } from "../record/playback-component.ts";
import { readRecording } from "../record/read-recording.ts";
import { recordedComponent } from "../record/recorded-component.ts";
import { RecordingFile } from "../record/recording-file.ts";
import type { CrewOptions, PlayOptions } from "./protocol.ts";

const SUFFIX_BYTES = 3;

/** Changes the definition of the component called `name`, such as "meter1/meter", before it is hosted. */
export type Adapt = (name: string, definition: AnyDefinition) => AnyDefinition;

/** What becomes of the components of a crew before they are hosted, and what is to be closed afterwards. */
export interface CrewRecording extends AsyncDisposable {
  readonly adapt: Adapt;
}

/**
 * Records the components of a crew, or plays what a recording has in their place, or both.
 * @throws AgentError FILE_MISSING, RECORDING_UNREADABLE, PLAYBACK_RATE_INVALID
 */
export async function recordedCrew(
  world: World,
  { actors, record, play }: CrewOptions,
  signal: AbortSignal,
): Promise<CrewRecording> {
  const played = play === undefined ? undefined : await playback(world, play, signal);
  const [first] = actors;
  const file = record === true && first !== undefined ? await recording(world, first) : undefined;
  return {
    adapt: (name, definition) => {
      const inPlace = played?.(name, definition) ?? definition;
      if (file === undefined) return inPlace;
      return recordedComponent(inPlace, (entry) => file.entry(name, entry));
    },
    async [Symbol.asyncDispose]() {
      await file?.[Symbol.asyncDispose]();
    },
  };
}

/** A file of the crew's own: components in threads are crews of the same actor, at the same time. */
async function recording(
  world: World,
  { appName, instanceName }: ActorInstance,
): Promise<RecordingFile> {
  const { clock, log, random, files } = world;
  const suffix = hexOf(random.bytes(SUFFIX_BYTES));
  const name = `${instanceName}-${clock.utcUs()}-${suffix}.mcap`;
  const file = await files.create(name);
  log.write("info", "recording", { file: name });
  return new RecordingFile({ clock, log, application: appName, file });
}

async function playback(
  { clock, files, log }: World,
  { file, rate }: PlayOptions,
  signal: AbortSignal,
): Promise<Adapt> {
  const { journals, messages } = await readRecording(files.read(file));
  if (journals.size === 0) throw new AgentError("RECORDING_UNREADABLE", { why: "it is empty" });
  return (component, definition) => {
    const journal = journals.get(component);
    if (journal === undefined) return definition;
    const prefix = `${component}/`;
    const own = [...messages].filter(([port]) => port.startsWith(prefix));
    return playbackComponent(definition, {
      ...{ clock, rate, journal, signal },
      messages: new Map(own.map(([port, list]) => [port.slice(prefix.length), list])),
      over: (messageCount) => log.write("info", "playback-over", { component, messageCount }),
    });
  };
}
