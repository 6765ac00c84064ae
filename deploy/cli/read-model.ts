import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { AppModel } from "../../agent/model/app-model.ts";
import type { DeploymentModel } from "../../agent/model/deployment-model.ts";
import { formatProblem, type Problem } from "../../agent/model/problem.ts";
import type { ApplicationTexts } from "../../agent/node/application-files.ts";
import { UsageError } from "./command.ts";
import { readModelFiles } from "./model-files.ts";

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
  const paths = deploymentPath === undefined ? [modelPath] : [modelPath, deploymentPath];
  const { apps, deployments, sources, problems } = await readModelFiles(paths);
  const textOf = (path: string | undefined): string => sources[path ?? ""] ?? "";
  return {
    texts: {
      ...{ modelName: basename(modelPath), modelText: textOf(modelPath) },
      ...{ deploymentName: basename(deploymentPath ?? ""), deploymentText: textOf(deploymentPath) },
    },
    app: apps[0],
    deployment: deployments[0],
    problems,
    problemTexts: problems.map((problem) => formatProblem(problem, sources[problem.file])),
  };
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
