// Behind longer texts comments stand where they end up: below each other they would be far away.
const ALIGNED_CHARACTERS_MAX = 60;

/** One line of a text that is being laid out. */
export interface Line {
  readonly indent: number;
  readonly text: string;
  /** What stands behind the text, or nothing. */
  comment: string;
  readonly isBlankBefore: boolean;
  /** Whether a block begins behind it. */
  opensBlock: boolean;
}

/** Comments behind the texts of neighbouring lines, below each other where the texts are short. */
export function alignComments(lines: readonly Line[]): readonly Line[] {
  const aligned: Line[] = [];
  for (let first = 0; first < lines.length; ) {
    let end = first + 1;
    while (isNeighbour(lines[end - 1], lines[end])) end += 1;
    const group = lines.slice(first, end);
    const width = Math.max(0, ...group.filter(isAligned).map(({ text }) => text.length));
    for (const line of group)
      aligned.push(isAligned(line) ? { ...line, text: line.text.padEnd(width) } : line);
    first = end;
  }
  return aligned;
}

function isNeighbour(before: Line | undefined, line: Line | undefined): boolean {
  if (before === undefined || line === undefined) return false;
  if (before.opensBlock || line.isBlankBefore) return false;
  return before.indent === line.indent && !/^\/[/*]/.test(line.text);
}

function isAligned({ text, comment }: Line): boolean {
  return comment !== "" && !comment.includes("\n") && text.length <= ALIGNED_CHARACTERS_MAX;
}
