/**
 * The `count` names that `key` goes to, highest weight first: every board that knows the same names
 * chooses alike, whatever their order, and one more name moves at most one of the chosen.
 * Source: D. Thaler, C. Ravishankar, "Using name-based mappings to increase hit rates", 1998 (highest
 * random weight).
 */
export function rendezvous(
  key: string,
  names: readonly string[],
  count: number,
): readonly string[] {
  const weighted = [...new Set(names)].map((name) => ({ name, weight: weightOf(key, name) }));
  weighted.sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
  return weighted.slice(0, Math.max(0, count)).map(({ name }) => name);
}

// FNV-1a over key and name, then the last mixing of MurmurHash3: without it names that differ in their
// last letter alone would keep their order for most keys. Sources: RFC 9923; A. Appleby, MurmurHash3.
function weightOf(key: string, name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${key}\0${name}`))
    hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
