/** What a board's daemons shall do. */
export interface SetupWish {
  /** master: gives time to the others. slave: takes it from a master. standalone: takes it from NTP, gives none. */
  readonly role: "master" | "slave" | "standalone";
  readonly daemon: "chrony" | "linuxptp";
  readonly interface: string;
  /** NTP servers (master and standalone), or the masters (slave of chrony). */
  readonly servers: readonly string[];
  /** Networks that a master of chrony answers, such as 192.168.7.0/24. */
  readonly subnets: readonly string[];
  /** Pulse per second of a GPS receiver, such as /dev/pps0; gpsd gives the time of day. */
  readonly pps?: string | undefined;
  /** Undefined: not known; software is assumed, which works everywhere. */
  readonly stamping: "software" | "hardware" | undefined;
}

/** One line of a configuration, and why it is there. */
export interface SetupLine {
  readonly line: string;
  readonly why: string;
}

/** A file that a set-up writes. */
export interface SetupFile {
  /** Below the root that is written to. */
  readonly path: string;
  readonly text: string;
}

/** First line of what was written here: such files are written anew, others are not. */
export const MARK = "# Written by hedgerow time setup; written anew by it.";

/** Lines as text, each below its reason. */
export function textOf(lines: readonly SetupLine[]): string {
  return `${[MARK, ...lines.flatMap(({ line, why }) => ["", `# ${why}`, line])].join("\n")}\n`;
}

/** What is wrong with a wish, in a sentence that says what would be right; undefined: nothing. */
export function wrongWith(wish: SetupWish): string | undefined {
  const { role, daemon, servers, subnets, pps, stamping } = wish;
  if (!/^[a-zA-Z0-9_.@-]{1,15}$/.test(wish.interface))
    return "--interface is a network interface such as eth0; ip link lists them";
  if (daemon === "linuxptp" && role === "standalone")
    return "linuxptp needs a master: a board that is alone takes --with chrony";
  if (daemon === "chrony" && role === "slave" && servers.length === 0)
    return "a slave of chrony needs --server ADDRESS of its master, best of two";
  if (daemon === "chrony" && role === "master" && subnets.length === 0)
    return "a master of chrony needs --subnet NETWORK of those it answers, such as 192.168.7.0/24";
  if (daemon === "linuxptp" && role === "slave" && (pps !== undefined || servers.length > 0))
    return "a slave of linuxptp finds its master by itself: leave out --server and --pps";
  if (servers.some((server) => !/^[a-zA-Z0-9.:-]{1,253}$/.test(server)))
    return "--server is a host name or an address";
  if (subnets.some((subnet) => !/^[0-9a-fA-F.:]+(\/\d{1,3})?$/.test(subnet)))
    return "--subnet is a network such as 192.168.7.0/24";
  if (pps !== undefined && !/^\/dev\/[a-z0-9/]+$/.test(pps))
    return "--pps is a device such as /dev/pps0";
  return stamping === "hardware" && role === "standalone"
    ? "stamps of the network hardware help between boards: a board that is alone has no use for them"
    : undefined;
}
