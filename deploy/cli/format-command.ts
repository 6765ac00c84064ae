import { writeFile } from "node:fs/promises";
import { text as readStream } from "node:stream/consumers";
import { formatText } from "../../agent/model/format-text.ts";
import { formatProblem, type ParseResult } from "../../agent/model/problem.ts";
import { type Command, EXIT, type Terminal, UsageError } from "./command.ts";
import { languageOf } from "./model-files.ts";
import { readText } from "./read-text.ts";
import { readWords } from "./words.ts";

/** `hedgerow format`: models and deployments in one layout. */
export const formatCommand: Command = {
  summary: "lay out models (.riaps) and deployments (.depl) in one way",
  help: `hedgerow format FILE... [--check]
hedgerow format -

Writes each file again in the layout of the house: two spaces a level, a statement a line, at most 100
characters. Comments and single empty lines stay. A file with errors of syntax is told and left alone.
With - it reads standard input and writes standard output.

  --check   writes nothing: names the files that would change

Exit status: 0 done, 1 errors of syntax, or with --check files that would change, 2 wrong usage.`,
  async run(words, terminal) {
    const { values, positionals } = readWords(words, { check: { type: "boolean" } });
    if (positionals.length === 0) throw new UsageError("format takes .riaps and .depl files, or -");
    if (positionals.includes("-") && positionals.length > 1)
      throw new UsageError("format takes files or -, not both");
    const isCheck = values["check"] === true;
    let status: number = EXIT.ok;
    for (const path of new Set(positionals)) {
      const isDone =
        path === "-"
          ? await formatStream(isCheck, terminal)
          : await formatFile(path, isCheck, terminal);
      if (!isDone) status = EXIT.failed;
    }
    return status;
  },
};

// Whether the file is as it should be, or now is.
async function formatFile(
  path: string,
  isCheck: boolean,
  { out, err }: Terminal,
): Promise<boolean> {
  const text = await readText(path);
  const formatted = formatText(text, path, languageOf(path));
  if (!formatted.ok) {
    for (const problem of formatted.problems) err.write(`${formatProblem(problem, text)}\n`);
    return false;
  }
  if (formatted.value === text) return true;
  out.write(`${path}\n`);
  if (!isCheck) await writeFile(path, formatted.value);
  return !isCheck;
}

async function formatStream(isCheck: boolean, { out, err }: Terminal): Promise<boolean> {
  const text = await readStream(process.stdin);
  const formatted = formatEither(text);
  if (!formatted.ok) {
    for (const problem of formatted.problems) err.write(`${formatProblem(problem, text)}\n`);
    return false;
  }
  if (!isCheck) out.write(formatted.value);
  else if (formatted.value !== text) out.write("-\n");
  return !isCheck || formatted.value === text;
}

// A stream has no name to tell its language by; what places something is a deployment.
function formatEither(text: string): ParseResult<string> {
  const deployment = formatText(text, "-", "deployment");
  const isDeployment = deployment.ok || /^\s*(on|place|host|board)\b/m.test(text);
  return isDeployment ? deployment : formatText(text, "-", "app");
}
