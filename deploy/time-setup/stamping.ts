/** What a network interface can stamp. */
export interface StampingFacts {
  readonly hasHardware: boolean;
  readonly hasSoftware: boolean;
  /** Number of its clock, as in /dev/ptp0; undefined: it has none. */
  readonly ptpClock: number | undefined;
}

/** Reads `ethtool -T INTERFACE`; undefined: that is not what it says. Source: ethtool(8). */
export function parseStamping(text: string): StampingFacts | undefined {
  if (!text.startsWith("Time stamping parameters for ")) return undefined;
  const [abilities = ""] = text.split(
    /^(?:PTP Hardware Clock|Hardware timestamp provider index):/m,
  );
  const words = new Set([...abilities.matchAll(/^\t([a-z-]+)/gm)].map((found) => found[1]));
  const has = (...names: readonly string[]): boolean => names.every((each) => words.has(each));
  const clock = /^(?:PTP Hardware Clock|Hardware timestamp provider index): (\d+)$/m.exec(
    text,
  )?.[1];
  const ptpClock = clock === undefined ? undefined : Number(clock);
  return {
    // Transmit and receive, and a clock that the stamps are of: else ptp4l will not start.
    hasHardware:
      has("hardware-transmit", "hardware-receive", "hardware-raw-clock") && ptpClock !== undefined,
    hasSoftware: has("software-transmit", "software-receive"),
    ptpClock,
  };
}
