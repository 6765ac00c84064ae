/**
 * The shape of a text without its meaning: where statements and blocks begin and end. Used to skip
 * one that does not parse and to go on with the next.
 */

/**
 * The text with comments as spaces and the inside of strings as `x`, so that every brace and
 * semicolon left is one of the language. Offsets and lines stay as they are.
 */
export function maskText(text: string, hasBlockComments: boolean): string {
  const block = hasBlockComments ? String.raw`|\/\*[\s\S]*?\*\/` : "";
  const pattern = new RegExp(
    String.raw`\/\/[^\n]*${block}|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'`,
    "g",
  );
  return text.replace(pattern, (match) =>
    match.replace(/[^\n]/g, match.startsWith("/") ? " " : "x"),
  );
}

/** Whether every brace of a masked text has its partner. */
export function isBalanced(masked: string): boolean {
  let depth = 0;
  for (const character of masked) {
    if (character === "{") depth += 1;
    if (character === "}") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

/** A stretch of text, `end` excluded. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

/**
 * The statement of a masked text around `offset`: from behind the last `;`, `{` or `}` through the
 * next `;` of the same level, or its block, or up to the brace that closes the block around it.
 * At a closing brace with nothing before it: the statement that this block belongs to.
 * @returns null when there is nothing to skip.
 */
export function statementAround(masked: string, offset: number): Region | null {
  const start = startOfStatement(masked, offset);
  let end = offset;
  let depth = 0;
  for (; end < masked.length; end += 1) {
    const character = masked[end];
    if (character === "{") depth += 1;
    if (character === "}") {
      if (depth === 0) break;
      depth -= 1;
      if (depth === 0) return { start, end: end + 1 };
    }
    if (character === ";" && depth === 0) return { start, end: end + 1 };
  }
  if (masked.slice(start, end).trim() !== "") return { start, end };
  if (end >= masked.length) return null;
  return { start: startOfStatement(masked, openingBrace(masked, end)), end: end + 1 };
}

function startOfStatement(masked: string, offset: number): number {
  let start = offset;
  while (start > 0 && !";{}".includes(masked.charAt(start - 1))) start -= 1;
  return start;
}

// The brace that the one at `closing` closes; the text is balanced.
function openingBrace(masked: string, closing: number): number {
  let depth = 0;
  for (let offset = closing; offset > 0; offset -= 1) {
    if (masked[offset] === "}") depth += 1;
    if (masked[offset] === "{") depth -= 1;
    if (depth === 0) return offset;
  }
  return 0;
}

/**
 * The end of the last word before `offset`, when the word at `offset` begins its line.
 * @returns null when it does not, or when there is none.
 */
export function lineEndBefore(masked: string, offset: number): number | null {
  const space = /\s*\n\s*$/.exec(masked.slice(0, offset))?.[0];
  const isWord = offset < masked.length && masked[offset] !== "}";
  return space === undefined || !isWord ? null : offset - space.length;
}

/** The text with a region turned into spaces; lines stay where they are. */
export function blankRegion(text: string, { start, end }: Region): string {
  return text.slice(0, start) + text.slice(start, end).replace(/[^\r\n]/g, " ") + text.slice(end);
}
