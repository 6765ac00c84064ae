/** What a command said; undefined instead of this: there is no such command, or it did not end in time. */
export interface CommandResult {
  readonly status: number;
  readonly out: string;
}

/**
 * All that checks may look at, so that they are pure functions of it: in a test a few texts, on a board the
 * files, commands and sockets of the system. Nothing of it changes the board.
 */
export interface BoardFacts {
  /** The text of a file; undefined: it is not there, or may not be read. */
  readonly text: (path: string) => string | undefined;
  /** Names in a folder; undefined: it is not there, or may not be read. */
  readonly names: (path: string) => readonly string[] | undefined;
  /** Permissions and owner; undefined: it is not there. */
  readonly stat: (
    path: string,
  ) => { readonly mode: number; readonly uid: number; readonly gid: number } | undefined;
  /** Whether this user may read, or write, there. */
  readonly may: (path: string, what: "read" | "write") => boolean;
  readonly run: (command: string, ...words: readonly string[]) => CommandResult | undefined;
  /** Free and all bytes, and inodes, of the file system of a path. */
  readonly space: (
    path: string,
  ) =>
    | { readonly freeBytes: number; readonly sizeBytes: number; readonly freeInodes: number }
    | undefined;
  /** Whether a UDP or TCP port can be opened now; undefined: not known. */
  readonly portIsFree: (kind: "udp" | "tcp", port: number) => boolean | undefined;
  readonly node: {
    readonly version: string;
    readonly arch: string;
    readonly platform: string;
    readonly uid: number;
    readonly gids: readonly number[];
  };
  readonly hostname: string;
  readonly nowUtcMs: number;
  readonly interfaces: readonly {
    readonly name: string;
    readonly address: string;
    readonly family: "IPv4" | "IPv6";
    readonly netmask: string;
    readonly isInternal: boolean;
  }[];
  /** Where the agent's data are, or will be. */
  readonly dataFolder: string;
  /** Port of the beacons. */
  readonly beaconUdpPort: number;
  /** Names of boards that are there already; undefined: nobody was asked. */
  readonly otherBoards: readonly string[] | undefined;
}
