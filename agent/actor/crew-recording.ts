import type { AnyDefinition } from "../component/define.ts";
import { AgentError } from "../core/errors.ts";
import type { World } from "../core/world.ts";
import { playbackComponent } from "../record/playback-component.ts";
import { readRecording } from "../record/read-recording.ts";
import { recordedComponent } from "../record/recorded-component.ts";
import { RecordingFile } from "../record/recording-file.ts";

/** Changes the definition of the component called `name`, such as "meter1/meter", before it is hosted. */
export type Adapt = (name: string, definition: AnyDefinition) => AnyDefinition;

/** Records all components of a crew into one file, named after the crew and the time. */
export async function recordCrew(
  world: World,
  appName: string,
  crewName: string,
): Promise<{ readonly adapt: Adapt; readonly close: AsyncDisposable }> {
  const { clock, log } = world;
  const name = `${crewName}-${clock.utcUs()}.mcap`;
  const recording = new RecordingFile({
    ...{ clock, log, application: appName },
    file: await world.files.create(name),
  });
  log.write("info", "recording", { file: name });
  return {
    adapt: (component, definition) =>
      recordedComponent(definition, (entry) => recording.entry(component, entry)),
    close: recording,
  };
}

/** Puts recorded traffic in the place of the components that `file` has. */
export async function playInCrew(
  world: World,
  { file, rate }: { readonly file: string; readonly rate: number },
  signal: AbortSignal,
): Promise<Adapt> {
  const { journals, messages } = await readRecording(world.files.read(file));
  if (journals.size === 0) throw new AgentError("RECORDING_UNREADABLE", { why: "it is empty" });
  return (component, definition) => {
    const journal = journals.get(component);
    if (journal === undefined) return definition;
    const prefix = `${component}/`;
    const own = [...messages].filter(([port]) => port.startsWith(prefix));
    return playbackComponent(definition, {
      ...{ clock: world.clock, rate, journal, signal },
      messages: new Map(own.map(([port, list]) => [port.slice(prefix.length), list])),
      over: (messageCount) => world.log.write("info", "playback-over", { component, messageCount }),
    });
  };
}
