import type { DeploymentModel } from "./deployment-model.ts";
import { deepFreeze } from "./freeze.ts";
import { parse, SyntaxError } from "./generated/deployment-parser.js";
import { parseText, type SyntaxFault, type TextParser } from "./parse-text.ts";
import { hasErrors, type ParseResult } from "./problem.ts";

const PARSER: TextParser = {
  language: "deployment",
  parse,
  isSyntaxError: (error): error is SyntaxFault => error instanceof SyntaxError,
};

/** Parses a `.depl` file. Whether it fits its application is checkDeployment's to say. */
export function parseDeployment(text: string, fileName: string): ParseResult<DeploymentModel> {
  const { tree, problems } = parseText(text, fileName, PARSER);
  if (hasErrors(problems)) return { ok: false, problems };
  const deployment = tree as Omit<DeploymentModel, "fileName">;
  return { ok: true, value: deepFreeze({ ...deployment, fileName }), problems };
}
