/** A place in a file, counted from one as editors do; a tab is one column. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

/** Something wrong in a model or deployment file, or between the two. */
export interface Problem extends SourcePosition {
  /** The file as the caller named it. */
  readonly file: string;
  /** What is wrong, in one sentence without a full stop. */
  readonly message: string;
  /** What the grammar would have taken here, for syntax errors; else empty. */
  readonly expected: readonly string[];
  /** What to do about it, where that can be said. */
  readonly hint?: string;
  /** An error stops the file from being used; a warning does not. */
  readonly severity: "error" | "warning";
}

/** What a parser returns: a value with at most warnings, or problems with at least one error. */
export type ParseResult<T> =
  | { readonly ok: true; readonly value: T; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * One problem as text: `file:line:column: error: …`, then what was expected, the hint, and, when the
 * file's text is given, the source line with a caret below the place.
 */
export function formatProblem(problem: Problem, sourceText?: string): string {
  const { file, line, column, severity, message, expected, hint } = problem;
  const lines = [`${file}:${line}:${column}: ${severity}: ${message}`];
  const sourceLine = sourceText?.split(/\r?\n/)[line - 1];
  if (sourceLine !== undefined) {
    // Tabs stay tabs, so that the caret stands below its letter whatever the width of a tab.
    const margin = sourceLine.slice(0, column - 1).replace(/[^\t]/g, " ");
    lines.push(`  ${sourceLine}`, `  ${margin}^`);
  }
  if (expected.length > 0) lines.push(`  expected: ${expected.join(", ")}`);
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  return lines.join("\n");
}

/** Problems in reading order: by file, line and column. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}

/** Whether any of the problems forbids to go on. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}
