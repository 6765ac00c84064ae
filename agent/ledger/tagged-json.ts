/**
 * JSON that keeps bigints: each text gets a letter in front, "s" for text and "n" for a bigint.
 * Undefined fields are left out.
 */
export function toTaggedJson(value: unknown): string {
  return JSON.stringify(value, (_name, item: unknown) => {
    if (typeof item === "bigint") return `n${item.toString()}`;
    return typeof item === "string" ? `s${item}` : item;
  });
}

/** The inverse of toTaggedJson. */
export function fromTaggedJson(text: string): unknown {
  return JSON.parse(text, (_name, item: unknown) => {
    if (typeof item !== "string") return item;
    return item.startsWith("n") ? BigInt(item.slice(1)) : item.slice(1);
  });
}
