import { extname } from "node:path";
import type { AppModel } from "../../agent/model/app-model.ts";
import { checkApp } from "../../agent/model/check-app.ts";
import { checkDeployment } from "../../agent/model/check-deployment.ts";
import type { DeploymentModel } from "../../agent/model/deployment-model.ts";
import { parseAppFile } from "../../agent/model/parse-app.ts";
import { parseDeployment } from "../../agent/model/parse-deployment.ts";
import { hasErrors, type Problem, sortProblems } from "../../agent/model/problem.ts";
import type { ModelLanguage } from "../../agent/model/tokens.ts";
import { readText } from "./read-text.ts";

/** Models and deployments as a person named them. */
export interface ModelFiles {
  readonly apps: readonly AppModel[];
  readonly deployments: readonly DeploymentModel[];
  /** The texts by path, for the lines of problems. */
  readonly sources: Readonly<Record<string, string>>;
  /** What is wrong with each alone and with each deployment of its model, sorted. */
  readonly problems: readonly Problem[];
}

/** The language that a file is in, by its name: `.depl`, or anything else for a model. */
export function languageOf(path: string): ModelLanguage {
  return extname(path) === ".depl" ? "deployment" : "app";
}

/**
 * Reads and checks files: a deployment belongs to the application it names, or to the only one there
 * is. @throws UsageError when one cannot be read.
 */
export async function readModelFiles(paths: readonly string[]): Promise<ModelFiles> {
  const sources: Record<string, string> = {};
  const apps: AppModel[] = [];
  const deployments: DeploymentModel[] = [];
  const problems: Problem[] = [];
  for (const path of new Set(paths)) {
    const text = await readText(path);
    sources[path] = text;
    if (languageOf(path) === "app") {
      const file = parseAppFile(text, path);
      problems.push(...file.problems);
      if (file.ok) apps.push(...file.value.apps);
    } else {
      const deployment = parseDeployment(text, path);
      problems.push(...deployment.problems);
      if (deployment.ok) deployments.push(deployment.value);
    }
  }
  problems.push(...apps.flatMap(checkApp));
  const hasModels = paths.some((path) => languageOf(path) === "app");
  if (hasModels)
    problems.push(...deployments.flatMap((each) => ofDeployment(each, apps, problems)));
  return { apps, deployments, sources, problems: sortProblems(problems) };
}

function ofDeployment(
  deployment: DeploymentModel,
  apps: readonly AppModel[],
  known: readonly Problem[],
): readonly Problem[] {
  const [only, second] = apps;
  const named = apps.find(({ name }) => name === deployment.appName);
  const app = named ?? (second === undefined ? only : undefined);
  // What is wrong with the model alone would be told twice.
  if (hasErrors(known.filter(({ file }) => app === undefined || file === app.fileName))) return [];
  if (app !== undefined) return checkDeployment(app, deployment);
  const problem: Problem = {
    file: deployment.fileName,
    ...deployment.position,
    message: `application ${deployment.appName} is in none of the models`,
    expected: [],
    hint: `name its .riaps file too; there is: ${apps.map(({ name }) => name).join(", ")}`,
    severity: "error",
  };
  return [problem];
}
