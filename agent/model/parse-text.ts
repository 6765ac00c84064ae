import type { Expectation, SyntaxError } from "./generated/app-parser.js";
import { numberOf, unescaped } from "./literal-rule.ts";
import type { Problem, SourcePosition } from "./problem.ts";
import {
  blankRegion,
  isBalanced,
  lineEndBefore,
  maskText,
  type Region,
  statementAround,
} from "./statements.ts";
import { hintFor } from "./syntax-hint.ts";

/** At most this many problems of syntax are told of one text. */
export const SYNTAX_PROBLEMS_MAX = 20;
/** Longer texts are refused: the largest model we know has 45,000 characters. */
export const SOURCE_CHARACTERS_MAX = 1_048_576;
// Words of ours, which are no advice for a file without the marker.
const OURS = ["struct", "queue", "deadline", "as", "board", "place", "where"].map(
  (word) => `"${word}"`,
);
// Follow-up errors are skipped in silence, so that more attempts than problems may be needed.
const ATTEMPTS_MAX = 3 * SYNTAX_PROBLEMS_MAX;

/** A generated parser and what must be known of its language. */
export interface TextParser {
  readonly language: "app" | "deployment";
  readonly parse: (text: string, options: GrammarOptions) => unknown;
  readonly isSyntaxError: (error: unknown) => error is SyntaxFault;
}

/** What the grammars' actions call. */
export interface GrammarOptions {
  readonly report: (fault: Fault) => void;
  readonly unescaped: typeof unescaped;
  readonly number: typeof numberOf;
}

interface Fault {
  readonly position: SourcePosition;
  readonly message: string;
  readonly hint: string;
}

/** The part that is used here of a generated parser's error; both parsers' are alike. */
export type SyntaxFault = Pick<SyntaxError, "expected" | "location">;

/** What came of a text: its tree, absent when it has errors of syntax, and what is wrong. */
export interface TextOutcome {
  readonly tree: unknown;
  readonly problems: readonly Problem[];
}

/**
 * Parses a text; on an error of syntax skips that statement and goes on.
 *
 * An error is told only when it cannot be the consequence of an earlier skip: not at the first word
 * behind a skipped statement. With braces that do not match, or a string or comment left open, no
 * level can be trusted, and it is the last that is told.
 */
export function parseText(text: string, file: string, parser: TextParser): TextOutcome {
  if (text.length > SOURCE_CHARACTERS_MAX) {
    const message = `the file has more than ${SOURCE_CHARACTERS_MAX} characters`;
    return { tree: null, problems: [problemAt(file, { line: 1, column: 1 }, message)] };
  }
  const problems: Problem[] = [];
  let rest = text;
  let skipped: Region | null = null;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const { tree, faults, error } = attemptParse(rest, parser);
    if (error === null) {
      if (problems.length > 0) break;
      return { tree, problems: faults.map((fault) => problemOfFault(file, fault)) };
    }
    const masked = maskText(rest, parser.language === "app");
    const { offset } = error.location.start;
    if (skipped === null || !isFollowUp(masked, offset, skipped))
      problems.push(problemOfSyntax(rest, file, error, parser));
    // Behind an open string or comment nothing is known to be what it looks like.
    const isOpen = /^(?:\/\*|["'])/.test(masked.slice(offset));
    if (problems.length >= SYNTAX_PROBLEMS_MAX || isOpen || !isBalanced(masked)) break;
    const repair = repairAt(rest, masked, error);
    if (repair === null) break;
    ({ rest, skipped } = repair);
  }
  return { tree: null, problems };
}

// A line that begins where a semicolon could stand most likely lacks just that; anything else is skipped.
function repairAt(
  text: string,
  masked: string,
  { expected, location }: SyntaxFault,
): { rest: string; skipped: Region } | null {
  const { offset } = location.start;
  const lineEnd = (expected ?? []).some((word) => word.text === ";")
    ? lineEndBefore(masked, offset)
    : null;
  // Nothing but space and comments follows on that line: no column that can be told of moves.
  if (lineEnd !== null)
    return {
      rest: `${text.slice(0, lineEnd)};${text.slice(lineEnd)}`,
      skipped: { start: lineEnd, end: lineEnd + 1 },
    };
  const skipped = statementAround(masked, offset);
  return skipped === null ? null : { rest: blankRegion(text, skipped), skipped };
}

function attemptParse(
  text: string,
  parser: TextParser,
): { tree: unknown; faults: readonly Fault[]; error: SyntaxFault | null } {
  const faults: Fault[] = [];
  const report = (fault: Fault): void => {
    faults.push(fault);
  };
  try {
    const tree = parser.parse(text, { report, unescaped, number: numberOf });
    return { tree, faults, error: null };
  } catch (error) {
    if (!parser.isSyntaxError(error)) throw error;
    return { tree: null, faults: [], error };
  }
}

// What is missing in the place of a skipped statement is missed at the next word, never later.
function isFollowUp(masked: string, offset: number, skipped: Region): boolean {
  return masked.slice(skipped.end, offset).trim() === "";
}

function problemOfSyntax(
  text: string,
  file: string,
  { expected, location }: SyntaxFault,
  { language }: TextParser,
): Problem {
  const { offset } = location.start;
  const after = text.slice(offset);
  const words = expectedWords(expected ?? []);
  const found = after === "" ? "the end of the file" : `\`${firstWord(after)}\``;
  const hint = hintFor({ before: text.slice(0, offset), after, expected: words, language });
  const isMarked = /^\s*language/.test(maskText(text, language === "app"));
  return {
    ...problemAt(file, location.start, `${found} is not expected here`),
    expected: isMarked ? words : words.filter((word) => !OURS.includes(word)),
    ...(hint === undefined ? {} : { hint }),
  };
}

function firstWord(text: string): string {
  return (
    /^[\p{L}\p{N}_]+/u.exec(text)?.[0].slice(0, 40) ??
    String.fromCodePoint(text.codePointAt(0) ?? 0)
  );
}

function expectedWords(expected: readonly Expectation[]): string[] {
  const words = expected.map(({ type, text, description }) => {
    if (type === "literal") return JSON.stringify(text);
    return type === "end" ? "the end of the file" : (description ?? "another character");
  });
  return [...new Set(words)].filter((word) => word !== "space").sort();
}

function problemOfFault(file: string, { position, message, hint }: Fault): Problem {
  return { ...problemAt(file, position, message), hint };
}

function problemAt(file: string, { line, column }: SourcePosition, message: string): Problem {
  return { file, line, column, message, expected: [], severity: "error" };
}
