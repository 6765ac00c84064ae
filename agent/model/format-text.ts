import { layOut } from "./layout.ts";
import { parseAppFile } from "./parse-app.ts";
import { parseDeployment } from "./parse-deployment.ts";
import type { ParseResult } from "./problem.ts";
import type { ModelLanguage } from "./tokens.ts";

/**
 * A text in the layout of the house; problems when it does not parse, warnings none. Formatting twice
 * changes nothing more, and what was formatted parses to the same but for positions.
 */
export function formatText(
  text: string,
  fileName: string,
  language: ModelLanguage,
): ParseResult<string> {
  const parsed =
    language === "app" ? parseAppFile(text, fileName) : parseDeployment(text, fileName);
  if (!parsed.ok) return parsed;
  return { ok: true, value: layOut(text, language), problems: parsed.problems };
}
