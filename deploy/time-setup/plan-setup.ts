import { chronyFiles } from "./chrony-text.ts";
import { linuxptpFiles } from "./linuxptp-text.ts";
import type { SetupFile, SetupWish } from "./setup-wish.ts";

/** What a set-up would do. */
export interface SetupPlan {
  readonly files: readonly SetupFile[];
  /** What a person then runs, in this order: nothing is started here. */
  readonly next: readonly string[];
  readonly warnings: readonly string[];
}

/** The plan for a wish with which nothing is wrong (`wrongWith`). Pure. */
export function planSetup(wish: SetupWish): SetupPlan {
  const { daemon, role, stamping, pps, interface: nic } = wish;
  const others = "systemctl disable --now systemd-timesyncd";
  const isChrony = daemon === "chrony";
  // A master of PTP has its time from chrony, or from a person.
  const usesChrony = isChrony || role === "master";
  const warnings: string[] = [];
  if (stamping === undefined)
    warnings.push(
      `what ${nic} can stamp is not known (apt-get install ethtool; ethtool -T ${nic}): software is assumed`,
    );
  if (daemon === "linuxptp" && stamping !== "hardware")
    warnings.push(
      "stamps in software: expect 10 to 100 µs, no better than chrony, which needs less care",
    );
  if (!isChrony && role === "master")
    warnings.push(
      "the grandmaster's own clock is chrony's work: run time setup --role standalone --with chrony too",
    );
  if (!isChrony && role === "slave")
    warnings.push("linuxptp sets the system's clock: chrony must not, so it is switched off");
  if (pps !== undefined) warnings.push(`gpsd must run (gpsd -n /dev/ttyXX ${pps}) before chrony`);
  const packages = [
    ...(isChrony ? ["chrony"] : ["linuxptp"]),
    ...(pps === undefined ? [] : ["gpsd", "pps-tools"]),
  ];
  const started = isChrony
    ? ["systemctl restart chrony", "chronyc waitsync 60 0.01", "hedgerow doctor time"]
    : [
        "systemctl daemon-reload",
        ...(usesChrony ? [] : ["systemctl disable --now chrony"]),
        "systemctl enable --now hedgerow-ptp4l",
        ...(stamping === "hardware" ? ["systemctl enable --now hedgerow-phc2sys"] : []),
        "pmc -u -b 0 'GET TIME_STATUS_NP'",
        "hedgerow doctor time",
      ];
  return {
    files: isChrony ? chronyFiles(wish) : linuxptpFiles(wish),
    next: [`apt-get install ${packages.join(" ")}`, others, ...started],
    warnings,
  };
}
