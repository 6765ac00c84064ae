import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { AppModel } from "../../agent/model/app-model.ts";
import { checkApp } from "../../agent/model/check-app.ts";
import { checkDeployment } from "../../agent/model/check-deployment.ts";
import type { DeploymentModel } from "../../agent/model/deployment-model.ts";
import { parseApp } from "../../agent/model/parse-app.ts";
import { parseDeployment } from "../../agent/model/parse-deployment.ts";
import { formatProblem, hasErrors, type Problem, sortProblems } from "../../agent/model/problem.ts";
import type { ApplicationTexts } from "../../agent/node/application-files.ts";
import { UsageError } from "./command.ts";

/** A model and its deployment, read and checked; the parsed parts are absent when they cannot be parsed. */
export interface ReadModel {
  readonly texts: ApplicationTexts;
  readonly app: AppModel | undefined;
  readonly deployment: DeploymentModel | undefined;
  /** In the order of the files. */
  readonly problems: readonly Problem[];
  /** Each problem as a person reads it, with the line of the file. */
  readonly problemTexts: readonly string[];
}

/** Reads and checks a model and, if given, its deployment. @throws UsageError when a file cannot be read. */
export async function readModel(modelPath: string, deploymentPath?: string): Promise<ReadModel> {
  const modelText = await readText(modelPath);
  const deploymentText = deploymentPath === undefined ? "" : await readText(deploymentPath);
  const app = parseApp(modelText, modelPath);
  const found = [...app.problems, ...(app.ok ? checkApp(app.value) : [])];
  const deployment =
    deploymentPath === undefined ? undefined : parseDeployment(deploymentText, deploymentPath);
  found.push(...(deployment?.problems ?? []));
  // What is wrong with the model alone would be told twice.
  if (app.ok && deployment?.ok === true && !hasErrors(found))
    found.push(...checkDeployment(app.value, deployment.value));
  const problems = sortProblems(found);
  const sources: Readonly<Record<string, string>> = {
    [modelPath]: modelText,
    ...(deploymentPath === undefined ? {} : { [deploymentPath]: deploymentText }),
  };
  return {
    texts: {
      ...{ modelName: basename(modelPath), modelText },
      ...{ deploymentName: basename(deploymentPath ?? ""), deploymentText },
    },
    app: app.ok ? app.value : undefined,
    deployment: deployment?.ok === true ? deployment.value : undefined,
    problems,
    problemTexts: problems.map((problem) => formatProblem(problem, sources[problem.file])),
  };
}

/** The text of a file that a person named. @throws UsageError when it cannot be read. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : ""}`);
  }
}

/**
 * Where the application's code is: the file that a person named, else application.js beside the model;
 * undefined when there is none, for the applications of this build. @throws UsageError
 */
export function codeUrlOf(modelPath: string, code: string | undefined): string | undefined {
  if (code !== undefined && !existsSync(code)) throw new UsageError(`there is no file ${code}`);
  const path = code ?? join(dirname(modelPath), "application.js");
  return existsSync(path) ? pathToFileURL(resolve(path)).href : undefined;
}
