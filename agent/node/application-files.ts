import { AgentError } from "../core/errors.ts";
import { checkApp } from "../model/check-app.ts";
import { checkDeployment } from "../model/check-deployment.ts";
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
  const { modelName, modelText, deploymentName, deploymentText } = texts;
  const sources = { [modelName]: modelText, [deploymentName]: deploymentText };
  const refuseIfWrong = (problems: readonly Problem[]): void => {
    if (!hasErrors(problems)) return;
    const listed = problems.map((problem) => formatProblem(problem, sources[problem.file]));
    throw new AgentError("MODEL_INVALID", { problems: `\n${listed.join("\n")}\n` });
  };
  const app = parseApp(modelText, modelName);
  const deployment = parseDeployment(deploymentText, deploymentName);
  refuseIfWrong([...app.problems, ...deployment.problems]);
  if (!app.ok || !deployment.ok) return [];
  refuseIfWrong([...checkApp(app.value), ...checkDeployment(app.value, deployment.value)]);
  return instancesFor(app.value, deployment.value, board);
}
