/**
 * Whether two pieces of plain data (as structured cloning keeps them: numbers, bigints, texts, bytes,
 * arrays, records) are equal. A property that is undefined is as good as absent.
 */
export function isSameData(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (!isObject(one) || !isObject(other)) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  if (one instanceof Uint8Array !== other instanceof Uint8Array) return false;
  if (one["length"] !== other["length"]) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => isSameData(one[name], other[name]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
