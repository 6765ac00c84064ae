/** FNV-1a of a text's code units; it spreads, and guards nothing. Source: RFC 9923. */
export function hashOfText(text: string, start = 0x811c9dc5): number {
  let hash = start;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mixed(hash);
}

/** `hash` with `value` (a whole number up to 2^53 - 1) mixed in. */
export function hashWith(hash: number, value: number): number {
  return mixed(mixed(hash ^ (value % 2 ** 32)) ^ Math.floor(value / 2 ** 32));
}

/** Every bit of the input changes half of the output's. Source: MurmurHash3, fmix32. */
function mixed(hash: number): number {
  let x = hash ^ (hash >>> 16);
  x = Math.imul(x, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Whether two keys, or two signatures, are the same bytes. */
export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.byteLength !== other.byteLength) return false;
  for (let index = 0; index < one.byteLength; index += 1)
    if (one[index] !== other[index]) return false;
  return true;
}
