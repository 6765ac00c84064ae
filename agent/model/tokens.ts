/** Which of the two languages a text is in. */
export type ModelLanguage = "app" | "deployment";

/** A piece of text that white space may not divide. */
export interface Token {
  /** mark: `{`, `;`, `>=` and their like. */
  readonly kind: "word" | "mark" | "string" | "comment";
  /** As it stands; lines of a comment that has several without `\r` and spaces at their ends. */
  readonly text: string;
  /** Ends of lines between the token before and this one. */
  readonly newlinesBefore: number;
  /** Characters between the start of its line and it. */
  readonly indent: number;
}

const STRING = String.raw`"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'`;
const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_.-])`;
const PATTERNS: Readonly<Record<ModelLanguage, RegExp>> = {
  // c++ and real-time are words, also when a keyword stands before or behind without a space.
  app: pattern(
    String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`,
    String.raw`real-time[\p{L}\p{N}_]*|[\p{L}\p{N}_]+(?:\+\+)?`,
  ),
  // Hosts have points and hyphens.
  deployment: pattern(String.raw`\/\/[^\n]*`, String.raw`[\p{L}\p{N}_.-]+`),
};

function pattern(comment: string, word: string): RegExp {
  return new RegExp(
    String.raw`(?<space>\s+)|(?<comment>${comment})|(?<string>${STRING})|(?<word>${NUMBER}|${word})|(?<mark>>=|[\s\S])`,
    "gu",
  );
}

function kindOf({
  comment,
  string,
  word,
}: Record<"comment" | "string" | "word", string | undefined>): Token["kind"] {
  if (comment !== undefined) return "comment";
  if (string !== undefined) return "string";
  return word === undefined ? "mark" : "word";
}

/** The tokens of a text that parses, in order: with any white space between them it means the same. */
export function tokensOf(text: string, language: ModelLanguage): readonly Token[] {
  const tokens: Token[] = [];
  let newlinesBefore = 0;
  let lineStart = 0;
  for (const { 0: found, index, groups = {} } of text.matchAll(PATTERNS[language])) {
    const { space, comment, string, word } = groups;
    if (space === undefined) {
      const kind = kindOf({ comment, string, word });
      const whole = kind === "comment" ? found.replace(/[ \t\r]+$/gm, "") : found;
      tokens.push({ kind, text: whole, newlinesBefore, indent: index - lineStart });
      newlinesBefore = 0;
    } else newlinesBefore += found.split("\n").length - 1;
    const lastNewline = found.lastIndexOf("\n");
    if (lastNewline >= 0) lineStart = index + lastNewline + 1;
  }
  return tokens;
}
