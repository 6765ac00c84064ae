import { MARK, type SetupFile, type SetupLine, type SetupWish, textOf } from "./setup-wish.ts";

/** Codes of clockAccuracy: within 25 ms, 10 µs, 1 µs. Source: IEEE 1588-2008, table 6. */
const ACCURACY = { ntp: "0x2C", ppsSoftware: "0x25", ppsHardware: "0x23" } as const;

/** Configuration and units of ptp4l and, with hardware stamps, phc2sys. Source: ptp4l(8), phc2sys(8) of linuxptp 3.1. */
export function linuxptpFiles(wish: SetupWish): readonly SetupFile[] {
  const { stamping = "software", role, interface: nic } = wish;
  const configuration = "/etc/linuxptp/hedgerow.conf";
  const ptp4l = unit(
    "PTP of Hedgerow: ptp4l",
    `/usr/sbin/ptp4l -f ${configuration}`,
    "network.target",
  );
  const files = [
    {
      path: configuration.slice(1),
      text: textOf([...globalLines(wish, stamping), ...portLines(wish)]),
    },
    { path: "etc/systemd/system/hedgerow-ptp4l.service", text: ptp4l },
  ];
  if (stamping === "software") return files;
  // A master's own clock is the source: it is copied to the controller; a slave's the other way round.
  const ways = role === "master" ? "-a -r -r" : "-a -r";
  const start = `/usr/sbin/phc2sys ${ways} -z /var/run/ptp4l`;
  const phc2sys = unit(`PTP of Hedgerow: phc2sys for ${nic}`, start, "hedgerow-ptp4l.service");
  return [...files, { path: "etc/systemd/system/hedgerow-phc2sys.service", text: phc2sys }];
}

function globalLines({ role, pps }: SetupWish, stamping: "software" | "hardware"): SetupLine[] {
  const isMaster = role === "master";
  const accuracy =
    pps === undefined
      ? ACCURACY.ntp
      : stamping === "hardware"
        ? ACCURACY.ppsHardware
        : ACCURACY.ppsSoftware;
  return [
    { line: "[global]", why: "All ports." },
    {
      line: `time_stamping ${stamping}`,
      why:
        stamping === "hardware"
          ? "The network controller stamps: below a microsecond."
          : "The kernel stamps: some 10 µs, as interrupts come; a slave's ptp4l sets the system's clock itself.",
    },
    {
      line: "network_transport UDPv4",
      why: "Multicast over IPv4, ports 319 and 320: any switch carries it.",
    },
    { line: "delay_mechanism E2E", why: "End to end: switches need not know PTP." },
    { line: "logSyncInterval 0", why: "One Sync a second." },
    {
      line: "logAnnounceInterval 1",
      why: "One Announce in two seconds; three that are missing mean that the master is lost.",
    },
    {
      line: `priority1 ${isMaster ? 100 : 200}`,
      why: isMaster ? "Lower than others: leads the election." : "Higher than the masters'.",
    },
    ...(isMaster
      ? [
          {
            line: "clockClass 248",
            why: "No claim to a primary reference: other grandmasters with one go before.",
          },
          {
            line: `clockAccuracy ${accuracy}`,
            why: `A promise that bounds rely on: UTC within ${accuracy === ACCURACY.ntp ? "25 ms, as from NTP" : "a few µs, as from a pulse"}. ptp4l's own, 0xFE, says "unknown".`,
          },
        ]
      : [{ line: "slaveOnly 1", why: "Never becomes a master." }]),
    { line: "summary_interval 6", why: "One line of log in 64 s, to spare the flash." },
  ];
}

function portLines({ role, interface: nic }: SetupWish): SetupLine[] {
  const port = { line: `[${nic}]`, why: "This port alone." };
  return role === "master"
    ? [port, { line: "masterOnly 1", why: "Never follows another master: chrony sets this clock." }]
    : [port];
}

function unit(what: string, start: string, after: string): string {
  const needs = after.endsWith(".service") ? [`Requires=${after}`] : [];
  return [
    ...[MARK, "[Unit]", `Description=${what}`, `After=${after}`, ...needs],
    ...["", "[Service]", `ExecStart=${start}`, "Restart=on-failure", "RestartSec=5"],
    ...["", "[Install]", "WantedBy=multi-user.target", ""],
  ].join("\n");
}
