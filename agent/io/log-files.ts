/** The file of a program's log with this number; numbers grow. */
export function logFileName(program: string, number: number): string {
  return `${encodeURIComponent(program)}.${number}.log`;
}

/** The numbers of the files of each program, in growing order; other names are left out. */
export function filesOf(names: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const name of names) {
    const [, program = "", number = ""] = /^(.+)\.(\d{1,12})\.log$/.exec(name) ?? [];
    if (program === "") continue;
    const decoded = decodeURIComponent(program);
    found.set(
      decoded,
      [...(found.get(decoded) ?? []), Number(number)].sort((a, b) => a - b),
    );
  }
  return found;
}

/** How far the logs of a board were read: of each program the file and the byte after the last line. */
export type LogPlaces = Readonly<Record<string, readonly [number: number, offset: number]>>;

/** Places as one text, which says nothing to whoever carries it. */
export function cursorText(places: LogPlaces): string {
  return Buffer.from(JSON.stringify(places)).toString("base64url");
}

/** The places of a cursor; a text that is none begins anew. */
export function cursorPlaces(cursor: string): LogPlaces {
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (typeof read !== "object" || read === null) return {};
    return Object.fromEntries(Object.entries(read).filter(([, place]) => isPlace(place)));
  } catch {
    return {};
  }
}

function isPlace(place: unknown): boolean {
  return (
    Array.isArray(place) &&
    place.length === 2 &&
    place.every((each) => Number.isSafeInteger(each) && (each as number) >= 0)
  );
}
