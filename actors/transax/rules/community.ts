/** One household of a community. */
export interface Member {
  /** Its number, such as 101. */
  readonly prosumer: number;
  readonly feeder: number;
  /** A producer has photovoltaics of kWp kilowatts. */
  readonly role: "producer" | "consumer";
  /** Where its numbers come from, for people. */
  readonly source: string;
  /** Rated power of the photovoltaics, kW; 0 for a consumer. */
  readonly kWp: number;
}

/** A community's members and one day of their net production. */
export interface Community {
  readonly members: readonly Member[];
  readonly intervalCount: number;
  /** By prosumer: Wh in each interval, positive: production, negative: consumption. */
  readonly netWh: ReadonlyMap<number, readonly number[]>;
}

/** A file of a community that does not say what it should. */
export class CommunityFormatError extends Error {
  override readonly name = "CommunityFormatError";
  /** Which line, from 1 on; 0: the file's name. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${String(line)}: ${message}`);
    this.line = line;
  }
}

const MEMBERS_HEADER = "prosumer,feeder,role,source,kWp";

/** The name of a file of net production must say its unit and how long an interval is. */
const NET_FILE = /(?:^|\/)net_(\d+)min_Wh\.csv$/;

/** The files of a community. */
export interface CommunityFiles {
  /** Text with the header prosumer,feeder,role,source,kWp. */
  readonly members: string;
  /** Such as net_15min_Wh.csv. */
  readonly netFileName: string;
  /** Text with the header interval,<prosumer>,...: one row per interval from 0 on, whole Wh. */
  readonly net: string;
}

/**
 * Reads a community.
 * @throws CommunityFormatError for another header, a number that is not whole, an unknown prosumer, a gap
 *   in the rows, or a file whose name does not say Wh: power and energy are mixed up too easily.
 */
export function parseCommunity({ members, netFileName, net }: CommunityFiles): Community {
  const list = parseMembers(members);
  if (!NET_FILE.test(netFileName))
    throw new CommunityFormatError(0, `${netFileName} is not named net_<minutes>min_Wh.csv`);
  const rows = rowsOf(net);
  const [header = [], ...body] = rows;
  const prosumers = header.slice(1).map((cell) => whole(cell, 1));
  if (header[0] !== "interval") throw new CommunityFormatError(1, "must begin with interval");
  const expected = list.map(({ prosumer }) => prosumer);
  if (prosumers.join() !== expected.join())
    throw new CommunityFormatError(1, "must name the members in their order");
  const series = new Map(prosumers.map((prosumer) => [prosumer, [] as number[]]));
  body.forEach((cells, interval) => {
    const line = interval + 2;
    if (cells.length !== header.length) throw new CommunityFormatError(line, "wrong cell count");
    if (whole(cells[0], line) !== interval) throw new CommunityFormatError(line, "wrong interval");
    prosumers.forEach((prosumer, at) => series.get(prosumer)?.push(whole(cells[at + 1], line)));
  });
  return { members: list, intervalCount: body.length, netWh: series };
}

/**
 * Reads a table of members with the header prosumer,feeder,role,source,kWp.
 * @throws CommunityFormatError as parseCommunity does.
 */
export function parseMembers(text: string): readonly Member[] {
  const [header = [], ...rows] = rowsOf(text);
  if (header.join() !== MEMBERS_HEADER)
    throw new CommunityFormatError(1, `must be ${MEMBERS_HEADER}`);
  const seen = new Set<number>();
  return rows.map(([prosumer, feeder, role, source = "", kWp = "", ...rest], index) => {
    const line = index + 2;
    const id = whole(prosumer, line);
    if (rest.length > 0) throw new CommunityFormatError(line, "wrong cell count");
    if (seen.has(id)) throw new CommunityFormatError(line, `prosumer ${String(id)} twice`);
    seen.add(id);
    if (role !== "producer" && role !== "consumer")
      throw new CommunityFormatError(line, "role is producer or consumer");
    if ((kWp === "") !== (role === "consumer") || !(Number(kWp) >= 0))
      throw new CommunityFormatError(line, "a producer, and only a producer, has kWp");
    return { prosumer: id, feeder: whole(feeder, line), role, source, kWp: Number(kWp) };
  });
}

function rowsOf(text: string): readonly string[][] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.split(","));
}

function whole(cell: string | undefined, line: number): number {
  if (cell === undefined || !/^-?\d+$/.test(cell))
    throw new CommunityFormatError(line, `not a whole number: ${cell ?? "nothing"}`);
  return Number(cell);
}
