import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { AgentError } from "../../agent/core/errors.ts";
import { loadApplication } from "../../agent/main.ts";
import { type Recording, readRecording } from "../../agent/record/read-recording.ts";
import { replayComponent } from "../../agent/record/replay-component.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { listOption, readWords, textOf } from "./words.ts";

/** `hedgerow recording`: what a recording holds. */
export const recordingCommand: Command = {
  summary: "list what a recording (.mcap) holds",
  help: `hedgerow recording FILE [--json]

Prints the application, every component with the steps of its journal, and every port with its messages.
Recordings are made by \`hedgerow run --record\` and \`hedgerow node --record\`; they are MCAP files, which
other viewers open too.
Exit status: 0, 1 when the file cannot be read as a recording, 2 wrong usage.`,
  async run(words, { out }) {
    const { values, positionals } = readWords(words, { json: { type: "boolean" } });
    const recording = await readFileOf(positionals, "recording");
    const { application, isWhole } = recording;
    const components = [...recording.journals].map(([name, { length }]) => ({
      name,
      steps: length,
    }));
    const ports = [...recording.messages].map(([name, messages]) => ({
      ...{ name, messages: messages.length },
      ...{ firstUtcUs: messages[0]?.utcUs, lastUtcUs: messages.at(-1)?.utcUs },
    }));
    if (values["json"] === true)
      out.write(`${JSON.stringify({ application, isWhole, components, ports })}\n`);
    else {
      out.write(`application ${application ?? "unknown"}${isWhole ? "" : ", end missing"}\n`);
      for (const { name, steps } of components) out.write(`component ${name}: ${steps} steps\n`);
      for (const { name, messages } of ports) out.write(`port ${name}: ${messages} messages\n`);
    }
    return EXIT.ok;
  },
};

/** `hedgerow replay`: whether components still do what they did. */
export const replayCommand: Command = {
  summary: "replay a recording and compare every step, byte for byte",
  help: `hedgerow replay FILE [--code MODULE] [--component NAME]... [--json]

Runs each recorded component alone, gives it what it was given then, and compares all that it does: calls,
messages, results, in order. No board, no network and no time is needed.

  --code MODULE      compiled module that exports \`application\`; default: an application of this build
  --component NAME   only this one, such as meter1/meter; may be repeated

Exit status: 0 all the same, 1 something differs (its first other step is printed), 2 wrong usage.`,
  async run(words, { out }) {
    const { values, positionals } = readWords(words, {
      ...{ json: { type: "boolean" }, code: { type: "string" } },
      component: { type: "string", multiple: true },
    });
    const recording = await readFileOf(positionals, "replay");
    const code = textOf(values, "code");
    const codeUrl = code === undefined ? undefined : pathToFileURL(resolve(code)).href;
    const wanted = listOption(values, "component");
    const { journals, application: appName = "" } = recording;
    for (const name of wanted)
      if (!journals.has(name)) throw new UsageError(`the recording has no component ${name}`);
    const application = await loadApplication(appName, codeUrl);
    let differences = 0;
    for (const [name, journal] of journals) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      const [first] = journal;
      const type = first?.kind === "open" ? first.componentType : "";
      const definition = application.components[type];
      if (definition === undefined)
        throw new AgentError("COMPONENT_UNKNOWN", { app: appName, component: type });
      const report = await replayComponent(definition, journal);
      if (report.kind === "different") differences += 1;
      if (values["json"] === true) out.write(`${JSON.stringify({ component: name, ...report })}\n`);
      else if (report.kind === "same")
        out.write(`${name}: ${report.entryCount} steps, all the same\n`);
      else
        out.write(
          `${name}: step ${report.at} differs\n  recorded ${report.recorded}\n  replayed ${report.replayed}\n`,
        );
    }
    return differences === 0 ? EXIT.ok : EXIT.failed;
  },
};

async function readFileOf(positionals: readonly string[], command: string): Promise<Recording> {
  const [path, ...rest] = positionals;
  if (path === undefined || rest.length > 0) throw new UsageError(`${command} takes one file`);
  return readRecording(createReadStream(path));
}
