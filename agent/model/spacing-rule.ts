import type { ModelLanguage, Token } from "./tokens.ts";

const CLOSELY_BEFORE = [";", ",", ")", "]", "[", ":"];
const CLOSELY_BEHIND = ["(", "["];

/** The tokens of one line, each with the space before it that the house wants. */
export function spacedTexts(tokens: readonly Token[], language: ModelLanguage): readonly string[] {
  let previous: Token | undefined;
  let parentheses = 0;
  return tokens.map((token) => {
    if (token.text === "(") parentheses += 1;
    if (token.text === ")") parentheses -= 1;
    const isSpaced =
      previous !== undefined && wantsSpace(previous, token, { language, parentheses });
    previous = token;
    return isSpaced ? ` ${token.text}` : token.text;
  });
}

function wantsSpace(
  before: Token,
  token: Token,
  { language, parentheses }: { readonly language: ModelLanguage; readonly parentheses: number },
): boolean {
  if (CLOSELY_BEFORE.includes(token.text) || CLOSELY_BEHIND.includes(before.text)) return false;
  // A value is given closely, a constraint on boards is not.
  if (token.text === "=" || before.text === "=")
    return language === "deployment" && parentheses === 0;
  if (token.text !== "(") return true;
  return before.kind !== "word" || (language === "deployment" && before.text === "on");
}
