const VERSION = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;
const LENGTH_MAX = 60;

/** Whether `text` is a version such as 1.4.0 or 2.0.0-rc.1. Source: Semantic Versioning 2.0.0, without build data. */
export function isVersion(text: string): boolean {
  return text.length <= LENGTH_MAX && VERSION.test(text);
}

/** Negative when version `one` comes before `other`, 0 when they are equal. Source: Semantic Versioning 2.0.0, 11. */
export function compareVersions(one: string, other: string): number {
  const [mine, theirs] = [VERSION.exec(one), VERSION.exec(other)];
  for (const part of [1, 2, 3]) {
    const difference = Number(mine?.[part]) - Number(theirs?.[part]);
    if (difference !== 0) return difference;
  }
  return comparePreReleases(mine?.[4], theirs?.[4]);
}

function comparePreReleases(one: string | undefined, other: string | undefined): number {
  if (one === other) return 0;
  if (one === undefined) return 1;
  if (other === undefined) return -1;
  const [mine, theirs] = [one.split("."), other.split(".")];
  for (const [index, word] of mine.entries()) {
    const their = theirs[index];
    if (their === undefined) return 1;
    const difference = compareWords(word, their);
    if (difference !== 0) return difference;
  }
  return mine.length - theirs.length;
}

/** Numbers come before words. */
function compareWords(one: string, other: string): number {
  const [isNumber, theirIsNumber] = [/^\d+$/.test(one), /^\d+$/.test(other)];
  if (isNumber && theirIsNumber) return Number(one) - Number(other);
  if (isNumber !== theirIsNumber) return isNumber ? -1 : 1;
  return one === other ? 0 : one < other ? -1 : 1;
}
