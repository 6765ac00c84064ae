/** Who is updated together: boards by name, wave after wave. */
export type Waves = readonly (readonly string[])[];

/**
 * The waves that `text` says, such as "1,3,rest": so many boards, then so many, then all others, in the
 * order of `boards`. Undefined text: all at once. An answer in words says what is wrong with it. Pure.
 */
export function wavesOf(boards: readonly string[], text: string | undefined): Waves | string {
  if (text === undefined) return [boards];
  const waves: (readonly string[])[] = [];
  let rest = boards;
  for (const [index, word] of text.split(",").entries()) {
    const isRest = word === "rest";
    if (!isRest && !/^[1-9]\d{0,5}$/.test(word))
      return `--wave takes numbers of boards, such as 1,3,rest; not ${word === "" ? "nothing" : word}`;
    if (isRest && index < text.split(",").length - 1) return "--wave: rest comes last";
    const count = isRest ? rest.length : Number(word);
    if (rest.length > 0) waves.push(rest.slice(0, count));
    rest = rest.slice(count);
  }
  if (rest.length > 0)
    return `--wave ${text} leaves out ${rest.join(", ")}: end it with rest, such as ${text},rest`;
  return waves;
}
