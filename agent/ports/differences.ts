/** What changes from one set of endpoints to the next. */
export function differences(
  before: ReadonlySet<string>,
  after: readonly string[],
): { readonly added: string[]; readonly removed: string[]; readonly next: ReadonlySet<string> } {
  const next = new Set(after);
  return {
    added: [...next].filter((endpoint) => !before.has(endpoint)),
    removed: [...before].filter((endpoint) => !next.has(endpoint)),
    next,
  };
}
