/** One network interface of the board; loopback is none. */
export interface Nic {
  /** As the system names it, such as eth0. */
  readonly name: string;
  /** It has a carrier, and is configured to be used. */
  readonly isUp: boolean;
}

/** The board's network interfaces. Bodies: agent/io (sysfs) and agent/sim (a test sets them). */
export interface Nics {
  /**
   * Tells `listener` every interface as it is now, and later each one that goes up or down, until
   * `signal` aborts; one that is taken out goes down.
   */
  watch(listener: (nic: Nic) => void, signal: AbortSignal): void;
}
