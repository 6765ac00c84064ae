const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** `bytes` as two lower-case hexadecimal digits each, without a prefix. */
export function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += PAIRS[byte] ?? "";
  return text;
}
