import type { AppFile, AppModel } from "./app-model.ts";
import { deepFreeze } from "./freeze.ts";
import { parse, SyntaxError } from "./generated/app-parser.js";
import { parseText, type SyntaxFault, type TextParser } from "./parse-text.ts";
import { hasErrors, type ParseResult, type Problem } from "./problem.ts";

const PARSER: TextParser = {
  language: "app",
  parse,
  isSyntaxError: (error): error is SyntaxFault => error instanceof SyntaxError,
};

// What the grammar returns: an AppFile but for what only the caller knows.
interface AppTree extends Omit<AppFile, "fileName" | "apps"> {
  readonly apps: readonly Omit<AppModel, "fileName" | "languageVersion">[];
}

/**
 * Parses a `.riaps` file that may hold several applications, or none. The names in it are not
 * looked up: that is checkApp's. `fileName` is used in problems only.
 */
export function parseAppFile(text: string, fileName: string): ParseResult<AppFile> {
  const { tree, problems } = parseText(text, fileName, PARSER);
  if (hasErrors(problems)) return { ok: false, problems };
  const { languageVersion, apps } = tree as AppTree;
  const models = apps.map((app): AppModel => ({ ...app, fileName, languageVersion }));
  const duplicates = duplicatesAcross(models);
  if (duplicates.length > 0) return { ok: false, problems: duplicates };
  return { ok: true, value: deepFreeze({ fileName, languageVersion, apps: models }), problems };
}

/** Parses a `.riaps` file that holds exactly one application. */
export function parseApp(text: string, fileName: string): ParseResult<AppModel> {
  const file = parseAppFile(text, fileName);
  if (!file.ok) return file;
  const [app, second] = file.value.apps;
  if (app !== undefined && second === undefined)
    return { ok: true, value: app, problems: file.problems };
  const problem: Problem = {
    file: fileName,
    ...(second?.position ?? { line: 1, column: 1 }),
    message:
      app === undefined
        ? "the file holds no application"
        : "the file holds more than one application",
    expected: app === undefined ? ['"app"'] : [],
    hint: "give each application a file of its own",
    severity: "error",
  };
  return { ok: false, problems: [problem] };
}

// The reference looks component names up over the whole file, and keeps one application per name.
function duplicatesAcross(apps: readonly AppModel[]): Problem[] {
  const problems: Problem[] = [];
  const note = (what: string, name: string, position: AppModel["position"], file: string): void => {
    problems.push({
      file,
      ...position,
      message: `${what} ${name} is already in another place of this file`,
      expected: [],
      hint: "rename it, or give each application a file of its own",
      severity: "error",
    });
  };
  const appNames = new Set<string>();
  const componentNames = new Map<string, AppModel>();
  for (const app of apps) {
    if (appNames.has(app.name)) note("application", app.name, app.position, app.fileName);
    appNames.add(app.name);
    for (const { name, position } of app.components) {
      const owner = componentNames.get(name) ?? app;
      if (owner !== app) note("component", name, position, app.fileName);
      componentNames.set(name, owner);
    }
  }
  return problems;
}
