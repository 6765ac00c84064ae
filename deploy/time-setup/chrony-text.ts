import { type SetupFile, type SetupLine, type SetupWish, textOf } from "./setup-wish.ts";

/** Debian's share of the public pool; see www.ntppool.org. */
const POOL = "2.debian.pool.ntp.org";

/** chrony's configuration for `wish`. Source: chrony.conf(5) of chrony 4. */
export function chronyFiles(wish: SetupWish): readonly SetupFile[] {
  return [
    {
      path: "etc/chrony/chrony.conf",
      text: textOf([...sourceLines(wish), ...servingLines(wish), ...COMMON]),
    },
  ];
}

function sourceLines({ role, servers, pps, stamping, interface: nic }: SetupWish): SetupLine[] {
  const lines: SetupLine[] = [];
  if (pps !== undefined)
    lines.push(
      {
        line: "refclock SHM 0 refid NMEA offset 0.1 delay 0.2 noselect",
        why: "The time of day from gpsd: late by tenths of a second, so it only numbers the pulses.",
      },
      {
        line: `refclock PPS ${pps} lock NMEA refid PPS`,
        why: "The receiver's pulse: to a microsecond, when the pulses are numbered.",
      },
    );
  if (role === "slave")
    for (const server of servers)
      lines.push({
        line: `server ${server} iburst minpoll 2 maxpoll 4 xleave`,
        why: "The master, asked every 4 to 16 s; interleaved, which takes the better of its two stamps.",
      });
  else if (servers.length === 0)
    lines.push({
      line: `pool ${POOL} iburst maxsources 4`,
      why: "Four servers of the public pool: three must agree to outvote one that is wrong.",
    });
  else
    for (const server of servers)
      lines.push({
        line: `server ${server} iburst`,
        why: "Eight quick questions at the start, then patience.",
      });
  if (stamping === "hardware")
    lines.push({
      line: `hwtimestamp ${nic}`,
      why: "The network controller stamps packets: no jitter of interrupts in them.",
    });
  return lines;
}

function servingLines({ role, subnets }: SetupWish): SetupLine[] {
  if (role !== "master")
    return [
      { line: "port 0", why: "Nobody asks this board for the time: no socket is open for them." },
    ];
  return [
    ...subnets.map((subnet) => ({
      line: `allow ${subnet}`,
      why: "Boards that may ask for the time.",
    })),
    {
      line: "local stratum 10 orphan",
      why: "Without any source the cluster keeps one time all the same: of masters the one of the lowest address leads.",
    },
  ];
}

const COMMON: readonly SetupLine[] = [
  {
    line: "driftfile /var/lib/chrony/chrony.drift",
    why: "How wrong the crystal is, kept over a restart: the clock is good minutes earlier.",
  },
  {
    line: "makestep 1 3",
    why: "A board without a battery starts years off: the first three corrections may be jumps, later ones never are.",
  },
  {
    line: "maxslewrate 500",
    why: "In ppm. chrony's own 83333 bends the monotonic clock of all programs as much: Hedgerow counts on 1000 at most.",
  },
  {
    line: "maxupdateskew 100",
    why: "In ppm. A guess at the crystal that is worse than this is not used.",
  },
  {
    line: "rtcsync",
    why: "The kernel copies the time to the battery's clock, if there is one, every 11 minutes.",
  },
  {
    line: "leapsectz right/UTC",
    why: "Leap seconds are known from the system's tables, also without a network.",
  },
  {
    line: "logdir /var/log/chrony",
    why: "Where logs would go; none is switched on, to spare the flash.",
  },
];
