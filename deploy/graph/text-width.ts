// Widths of letters in a usual sans-serif, in parts of the size of the type.
const NARROW = /[ijlftrI.,:;|'!()[\]/ -]/;
const WIDE = /[mwMW@%—]/;

/** About how wide a text is, in pixels: a picture is written without a browser that could measure. */
export function textWidth(text: string, sizePx: number): number {
  let width = 0;
  for (const letter of text)
    width += NARROW.test(letter)
      ? 0.34
      : WIDE.test(letter)
        ? 0.88
        : /[A-Z]/.test(letter)
          ? 0.69
          : 0.58;
  return width * sizePx;
}

/** The same for bold type. */
export function boldWidth(text: string, sizePx: number): number {
  return 1.12 * textWidth(text, sizePx);
}
