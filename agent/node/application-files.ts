import { AgentError } from "../core/errors.ts";
import type { AppModel } from "../model/app-model.ts";
import { checkApp } from "../model/check-app.ts";
import { checkDeployment } from "../model/check-deployment.ts";
import type { DeploymentModel } from "../model/deployment-model.ts";
import type { ActorInstance } from "../model/instances.ts";
import { parseApp } from "../model/parse-app.ts";
import { parseDeployment } from "../model/parse-deployment.ts";
import { formatProblem, hasErrors, type Problem } from "../model/problem.ts";
import { instancesFor } from "../model/resolve.ts";

/** The text of an application's model and deployment, each with a name for messages. */
export interface ApplicationTexts {
  readonly modelName: string;
  readonly modelText: string;
  readonly deploymentName: string;
  readonly deploymentText: string;
}

/**
 * The actors that the deployment places on `board`.
 * @throws AgentError MODEL_INVALID with every error of both files, each as file:line:column.
 */
export function actorsOn(texts: ApplicationTexts, board: string): readonly ActorInstance[] {
  const { app, deployment } = parsedApplication(texts);
  return instancesFor(app, deployment, board);
}

/** The application and its deployment, free of errors. @throws AgentError MODEL_INVALID, as actorsOn. */
export function parsedApplication(texts: ApplicationTexts): {
  readonly app: AppModel;
  readonly deployment: DeploymentModel;
} {
  const { modelName, modelText, deploymentName, deploymentText } = texts;
  const sources = { [modelName]: modelText, [deploymentName]: deploymentText };
  const app = parseApp(modelText, modelName);
  const deployment = parseDeployment(deploymentText, deploymentName);
  refuseIfWrong([...app.problems, ...deployment.problems], sources);
  if (!app.ok || !deployment.ok) throw invalid([], sources);
  refuseIfWrong([...checkApp(app.value), ...checkDeployment(app.value, deployment.value)], sources);
  return { app: app.value, deployment: deployment.value };
}

type Sources = Readonly<Record<string, string>>;

function refuseIfWrong(problems: readonly Problem[], sources: Sources): void {
  if (hasErrors(problems)) throw invalid(problems, sources);
}

function invalid(problems: readonly Problem[], sources: Sources): AgentError {
  const listed = problems.map((problem) => formatProblem(problem, sources[problem.file]));
  return new AgentError("MODEL_INVALID", { problems: `\n${listed.join("\n")}\n` });
}
