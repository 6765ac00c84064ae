/** What the kernel says of its clock; see adjtimex(2). */
export interface KernelClock {
  /** Some program disciplines the clock, and has not been silent for long. */
  readonly isSynchronised: boolean;
  /** Grows by 500 ppm since the last correction. It is only as true as who set it: systemd-timesyncd sets it to 0. */
  readonly maxErrorUs: number;
  readonly leap: -1 | 0 | 1;
}

const STA_INS = 0x10;
const STA_DEL = 0x20;
const STA_UNSYNC = 0x40;

/** Reads `adjtimex --print`; undefined: that is not what it says. Node itself has no such call. Source: adjtimex(8). */
export function parseAdjtimex(text: string): KernelClock | undefined {
  const valueOf = (name: string): number | undefined => {
    const found = new RegExp(`^\\s*${name}: (\\d+)\\s*$`, "m").exec(text);
    return found === null ? undefined : Number(found[1]);
  };
  const [status, maxErrorUs] = [valueOf("status"), valueOf("maxerror")];
  if (status === undefined || maxErrorUs === undefined) return undefined;
  const leap = (status & STA_INS) !== 0 ? 1 : (status & STA_DEL) !== 0 ? -1 : 0;
  return { isSynchronised: (status & STA_UNSYNC) === 0, maxErrorUs, leap };
}
