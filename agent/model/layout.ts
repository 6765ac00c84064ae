import { alignComments, type Line } from "./layout-line.ts";
import { spacedTexts } from "./spacing-rule.ts";
import { type ModelLanguage, type Token, tokensOf } from "./tokens.ts";

/** Longer lines are broken behind a comma, where there is one. */
export const LINE_CHARACTERS_MAX = 100;
const LEVEL = 2;
const CONTINUATION = 4;

/** A block that is open, with the first word of its statement. */
interface Block {
  readonly head: string;
  /** Whether the statement goes on behind the block, up to a semicolon. */
  readonly isContinued: boolean;
}

/**
 * A text that parses, in the layout of the house: two spaces a level, a statement a line, at most one
 * empty line where there were some, comments where they were. A block that stands on one line stays
 * there if it fits. Only white space changes.
 */
export function layOut(text: string, language: ModelLanguage): string {
  return new Layout(tokensOf(text, language), language).toString();
}

class Layout {
  readonly #tokens: readonly Token[];
  readonly #language: ModelLanguage;
  readonly #lines: Line[] = [];
  readonly #blocks: Block[] = [];
  /** The line that is being written. */
  #pieces: Token[] = [];
  /** The first word of the statement that is being written; null: between statements. */
  #head: string | null = null;
  /** Whether an earlier line holds the beginning of this statement. */
  #isContinuation = false;
  #isBlankBefore = false;

  constructor(tokens: readonly Token[], language: ModelLanguage) {
    this.#tokens = tokens;
    this.#language = language;
    for (let index = 0; index < tokens.length; ) index = this.#place(index);
    this.#endLine();
  }

  toString(): string {
    return alignComments(this.#lines)
      .map(({ indent, text, comment, isBlankBefore }) => {
        const margin = `${isBlankBefore ? "\n" : ""}${" ".repeat(indent)}`;
        return `${margin}${text}${comment === "" ? "" : ` ${comment}`}\n`;
      })
      .join("");
  }

  /** Places the token at `index`, or the whole block it opens; returns the index of the next. */
  #place(index: number): number {
    const token = this.#tokens[index];
    if (token === undefined) return index + 1;
    if (token.kind === "comment") this.#placeComment(token, this.#tokens[index + 1]);
    else if (token.text === "}") this.#closeBlock(token);
    else {
      this.#append(token);
      if (token.text === "{") return this.#openBlock(index);
      if (token.text === ";" && !this.#isInHead(index)) this.#endStatement();
    }
    return index + 1;
  }

  /** Whether a semicolon ends the scheduler of a component, whose block is still to come. */
  #isInHead(index: number): boolean {
    const isComponent = /^(component|device)/.test(this.#head ?? "");
    return this.#blocks.length === 1 && isComponent && this.#tokens[index + 1]?.text === "{";
  }

  #append(token: Token): void {
    if (this.#pieces.length === 0 && this.#head === null)
      this.#isBlankBefore = this.#wantsBlank(token);
    this.#head ??= token.text;
    this.#pieces.push(token);
  }

  #wantsBlank({ newlinesBefore }: Token): boolean {
    const last = this.#lines.at(-1);
    return newlinesBefore > 1 && last !== undefined && !last.opensBlock;
  }

  get #indent(): number {
    return LEVEL * this.#blocks.length + (this.#isContinuation ? CONTINUATION : 0);
  }

  #pushLine(text: string, indent: number): void {
    const isBlankBefore = this.#isBlankBefore;
    this.#lines.push({ indent, text, comment: "", isBlankBefore, opensBlock: false });
    this.#isBlankBefore = false;
  }

  /** Writes what there is of a line; what follows of the statement goes to the next. */
  #endLine(): void {
    if (this.#pieces.length === 0) return;
    const indent = this.#indent;
    this.#isContinuation = true;
    for (const [index, text] of brokenLines(this.#pieces, this.#language, indent).entries())
      this.#pushLine(text, index === 0 ? indent : this.#indent);
    this.#pieces = [];
    this.#isContinuation = this.#head !== null;
  }

  #endStatement(): void {
    this.#head = null;
    this.#endLine();
    this.#isContinuation = false;
  }

  /** @returns the index behind the brace, or behind the block when it stays on this line. */
  #openBlock(index: number): number {
    const head = this.#head ?? "";
    const isContinued =
      this.#language === "deployment" && this.#blocks.length === 1 && /^(on|place$)/.test(head);
    const end = this.#endOfFlatBlock(index);
    if (end !== null) {
      this.#pieces.push(...this.#tokens.slice(index + 1, end));
      if (!isContinued) this.#endStatement();
      return end;
    }
    this.#endStatement();
    const line = this.#lines.at(-1);
    if (line !== undefined) line.opensBlock = true;
    this.#blocks.push({ head, isContinued });
    return index + 1;
  }

  /** The index behind a block that was written on one line and fits there; null: it does not. */
  #endOfFlatBlock(index: number): number | null {
    let depth = 1;
    let end = index + 1;
    if (this.#blocks.length === 0) return null;
    for (let token = this.#tokens[end]; depth > 0; end += 1, token = this.#tokens[end]) {
      const isEmpty = end === index + 1 && token?.text === "}";
      if (token === undefined || (token.newlinesBefore > 0 && !isEmpty)) return null;
      if (/\n|^\/\//.test(token.text)) return null;
      if (token.text === "{") depth += 1;
      if (token.text === "}") depth -= 1;
    }
    if (end === index + 2) return end;
    const tokens = [...this.#pieces, ...this.#tokens.slice(index + 1, end)];
    const width = this.#indent + spacedTexts(tokens, this.#language).join("").length;
    return width < LINE_CHARACTERS_MAX ? end : null;
  }

  #closeBlock(brace: Token): void {
    this.#endStatement();
    const block = this.#blocks.pop();
    this.#isBlankBefore = false;
    this.#pieces.push(brace);
    this.#head = block?.head ?? null;
    if (block?.isContinued !== true) this.#endStatement();
  }

  #placeComment(comment: Token, next: Token | undefined): void {
    const isInline = comment.text.startsWith("/*") && !comment.text.includes("\n");
    const isBeforeMore = next?.newlinesBefore === 0;
    if (isInline && (this.#head !== null || isBeforeMore)) {
      if (this.#head === null && this.#pieces.length === 0)
        this.#isBlankBefore = this.#wantsBlank(comment);
      this.#pieces.push(comment);
      return;
    }
    const isBehind = comment.newlinesBefore === 0;
    this.#endLine();
    const last = this.#lines.at(-1);
    if (isBehind && last !== undefined)
      last.comment = last.comment === "" ? comment.text : `${last.comment} ${comment.text}`;
    else {
      if (this.#head === null) this.#isBlankBefore = this.#wantsBlank(comment);
      this.#pushLine(moved(comment, this.#indent), this.#indent);
    }
  }
}

/** One line as several, broken behind commas outside of blocks, so that each fits where that can be. */
function brokenLines(
  tokens: readonly Token[],
  language: ModelLanguage,
  indent: number,
): readonly string[] {
  const texts = spacedTexts(tokens, language);
  const lines: string[] = [];
  // The line being filled, and what came since its last comma.
  let line = "";
  let rest = "";
  let depth = 0;
  for (const [index, { text }] of tokens.entries()) {
    rest += texts[index] ?? "";
    const width = indent + (lines.length === 0 ? 0 : CONTINUATION) + line.length + rest.length;
    if (width > LINE_CHARACTERS_MAX && line !== "") {
      lines.push(line);
      line = "";
      rest = rest.trimStart();
    }
    if (text === "{") depth += 1;
    if (text === "}") depth -= 1;
    if (text !== "," || depth > 0) continue;
    line += rest;
    rest = "";
  }
  return [...lines, line + rest];
}

/** A comment of several lines, all moved with the first. */
function moved({ text, indent }: Token, to: number): string {
  const [first = "", ...rest] = text.split("\n");
  const lines = rest.map((line) => {
    const content = line.trimStart();
    const margin = Math.max(0, line.length - content.length - indent) + to;
    return content === "" ? "" : `${" ".repeat(margin)}${content}`;
  });
  return [first, ...lines].join("\n");
}
