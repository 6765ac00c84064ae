import type { FirstFacts } from "./first-facts.ts";

/** Packages for boards, as their file names say it: hedgerow_VERSION_ARCH.deb. */
export interface PackageName {
  readonly version: string;
  readonly architecture: string;
}

/** What is done with a board; each step changes one thing. */
export type StepName = "install" | "doctor" | "settings" | "restart" | "keys" | "peers";

/** The way to a board in the cluster, or why there is none and what to do. */
export type Plan =
  | {
      readonly kind: "steps";
      readonly steps: readonly StepName[];
      readonly notes: readonly string[];
    }
  | { readonly kind: "refused"; readonly reason: string; readonly advice: string };

/** What the planner is told. */
export interface PlanFacts {
  readonly facts: FirstFacts;
  readonly deb: PackageName | undefined;
  readonly isReinstalled: boolean;
  /** Interface for the agents' network; "auto" is that of the default route. */
  readonly interfaceName: string;
}

const MEMORY_KB_MIN = 200 * 1024;
const DISK_KB_MIN = 300 * 1024;

/** Reads hedgerow_VERSION_ARCH.deb; undefined for another name. */
export function readPackageName(path: string): PackageName | undefined {
  const name = path.split("/").at(-1) ?? "";
  const [, version, architecture] = /^hedgerow_([^_]+)_([a-z0-9]+)\.deb$/.exec(name) ?? [];
  if (version === undefined || architecture === undefined) return undefined;
  return { version, architecture };
}

/** Which steps a board needs. Pure; a step that is done already is left out where that can be told. */
export function planSteps({ facts, deb, isReinstalled, interfaceName }: PlanFacts): Plan {
  const refused = (reason: string, advice: string): Plan => ({ kind: "refused", reason, advice });
  if (facts.architecture === "")
    return refused("it has no dpkg", "put Debian 13 on it; see firmware-notes");
  if (!facts.mayBecomeRoot)
    return refused(
      "this user may not become root there without a password",
      "use --user root, or let the user use sudo without one (sudoers: NOPASSWD)",
    );
  if (interfaceName !== "auto" && !facts.interfaces.includes(interfaceName))
    return refused(
      `it has no interface ${interfaceName}`,
      `--interface takes one of ${facts.interfaces.join(", ")}, or auto`,
    );
  if (deb === undefined && facts.installedVersion === "")
    return refused(
      "the package is not installed there",
      `make one (npm run build:board -- --arch ${facts.architecture}) and name it with --deb`,
    );
  const installs = deb !== undefined && (isReinstalled || deb.version !== facts.installedVersion);
  if (installs && deb.architecture !== facts.architecture)
    return refused(
      `the package is for ${deb.architecture}, the board is ${facts.architecture}`,
      `npm run build:board -- --arch ${facts.architecture} makes the right one`,
    );
  if (installs && facts.diskFreeKb < DISK_KB_MIN)
    return refused(
      `${Math.round(facts.diskFreeKb / 1024)} MiB are free below /var`,
      `it takes ${DISK_KB_MIN / 1024} MiB with Node: apt-get clean, or a larger card`,
    );
  const notes = [
    ...(facts.memoryKb < MEMORY_KB_MIN ? ["less than 200 MiB of memory: few actors will fit"] : []),
    ...(facts.system === "debian" ? [] : [`${facts.system || "an unknown system"}, not Debian`]),
  ];
  const steps: readonly StepName[] = [
    ...(installs ? (["install"] as const) : []),
    ...(["doctor", "settings", "restart", "keys", "peers"] as const),
  ];
  return { kind: "steps", steps, notes };
}
