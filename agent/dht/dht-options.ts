import { AgentError } from "../core/errors.ts";

/** How the registry works; every field has a default. */
export interface DhtOptions {
  /** Boards of other clusters are not heard; default "". */
  readonly cluster?: string;
  /**
   * Only boards of which membership tells (`addContact`) may own values, and a key's boards are known without
   * asking anybody; default. Else: Kademlia by itself, which finds boards by lookups from `seeds`.
   */
  readonly membersOnly?: boolean;
  /** Addresses (host:port) to begin with when there is no membership; default none. */
  readonly seeds?: readonly string[];
  /** Addresses of this board besides its socket's own, such as those of further interfaces; default none. */
  readonly ownAddresses?: readonly string[];
  /** k: boards that keep a value, and contacts in a bucket; 1 to 8, default 8 as in the paper. */
  readonly replicaCount?: number;
  /** alpha: boards that one lookup asks at a time; 1 to 8, default 3. */
  readonly parallelCount?: number;
  /**
   * For how long a value counts without renewal, in s; 3 to 3,600, default 300. Boards that die are told of by
   * membership within 2 s, so this only clears what nobody tells of; shorter means more traffic for nothing.
   */
  readonly ttlS?: number;
  /** For how long a listener's lease lasts, in ms; it is renewed after a third; default 90,000. */
  readonly leaseMs?: number;
  /** Pause between two comparisons with another board that keeps the same keys, in ms; default 10,000. */
  readonly compareMs?: number;
  /** Most records kept, tombstones too; default 16,384: about 20 MB. */
  readonly recordsMax?: number;
  /** Most records of one owner, here or on other boards; default 1,024. */
  readonly recordsPerOwnerMax?: number;
  /** Most records under one key; default 4,096: one for each board. */
  readonly recordsPerKeyMax?: number;
  /** Most leases; default 65,536. */
  readonly leasesMax?: number;
  /** Most leases of one address; default 1,024. */
  readonly leasesPerAddressMax?: number;
  /** Work that one host may make in a second: packets, and 2 for each signature; default 4,000. */
  readonly hostCostPerSecond?: number;
  /** Most contacts of one host in a bucket; default 2. */
  readonly contactsPerHostMax?: number;
  /** Most contacts of one foreign subnet in a bucket; default 4. */
  readonly contactsPerSubnetMax?: number;
}

/** All options, with their defaults. */
export type DhtSettings = Required<DhtOptions>;

const DEFAULTS: DhtSettings = {
  cluster: "",
  membersOnly: true,
  seeds: [],
  ownAddresses: [],
  replicaCount: 8,
  parallelCount: 3,
  ttlS: 300,
  leaseMs: 90_000,
  compareMs: 10_000,
  recordsMax: 16_384,
  recordsPerOwnerMax: 1_024,
  recordsPerKeyMax: 4_096,
  leasesMax: 65_536,
  leasesPerAddressMax: 1_024,
  hostCostPerSecond: 4_000,
  contactsPerHostMax: 2,
  contactsPerSubnetMax: 4,
};

const RANGES: Partial<Record<keyof DhtSettings, readonly [number, number]>> = {
  replicaCount: [1, 8],
  parallelCount: [1, 8],
  ttlS: [3, 3_600],
  leaseMs: [1_000, 3_600_000],
  compareMs: [100, 3_600_000],
  recordsMax: [1, 1_000_000],
  recordsPerOwnerMax: [1, 1_000_000],
  recordsPerKeyMax: [1, 1_000_000],
  leasesMax: [1, 1_000_000],
  leasesPerAddressMax: [1, 1_000_000],
  hostCostPerSecond: [10, 1_000_000],
  contactsPerHostMax: [1, 8],
  contactsPerSubnetMax: [1, 8],
};

/** `options` with the defaults. @throws AgentError DHT_OPTION_INVALID when one is out of its range. */
export function dhtSettings(options: DhtOptions): DhtSettings {
  const settings = { ...DEFAULTS, ...options };
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = Number(settings[name as keyof DhtSettings]);
    if (!Number.isSafeInteger(value) || value < least || value > most)
      throw new AgentError("DHT_OPTION_INVALID", { name, value, least, most });
  }
  return settings;
}
