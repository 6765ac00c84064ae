import { quoted } from "./ssh.ts";

/** What is looked at before there is a package: only what a POSIX shell can tell. */
export interface FirstFacts {
  readonly userId: number;
  readonly hostName: string;
  /** As Debian names it: armhf, arm64, amd64; empty where there is no dpkg. */
  readonly architecture: string;
  /** ID of os-release, such as debian; empty when unknown. */
  readonly system: string;
  /** VERSION_ID of os-release. */
  readonly systemVersion: string;
  readonly memoryKb: number;
  /** Free below /var. */
  readonly diskFreeKb: number;
  /** Version of the package that is installed; empty: none. */
  readonly installedVersion: string;
  readonly hasSystemd: boolean;
  /** Whether commands can be run as root without being asked. */
  readonly mayBecomeRoot: boolean;
  readonly interfaces: readonly string[];
}

/** Prints the facts, `name=value` a line. `root` stands before the board's own paths. */
export function firstFactsScript(root: string): string {
  const at = (path: string): string => quoted(`${root}${path}`);
  return `say() { printf '%s=%s\\n' "$1" "$2"; }
say userId "$(id -u)"
say hostName "$(uname -n)"
say architecture "$(dpkg --print-architecture 2>/dev/null)"
if [ -r /etc/os-release ]; then
  say system "$(. /etc/os-release; printf %s "$ID")"
  say systemVersion "$(. /etc/os-release; printf %s "$VERSION_ID")"
fi
say memoryKb "$(sed -n 's/^MemTotal: *\\([0-9]*\\).*/\\1/p' /proc/meminfo)"
say diskFreeKb "$(df -Pk /var | awk 'NR == 2 { print $4 }')"
say installedVersion "$(dpkg-query -W -f '\${Version} \${db:Status-Status}' hedgerow 2>/dev/null | sed -n 's/ installed$//p')"
if [ -d ${at("/run/systemd/system")} ]; then say hasSystemd yes; fi
if [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; then say mayBecomeRoot yes; fi
say interfaces "$(ls /sys/class/net | tr '\\n' ' ')"
`;
}

/** Reads what the script printed; lines of a login's greeting are skipped. Undefined when it did not run. */
export function readFirstFacts(text: string): FirstFacts | undefined {
  const lines = text.split("\n").map((line) => /^(\w+)=(.*)$/.exec(line.trimEnd()));
  const facts = new Map(lines.flatMap((line) => (line === null ? [] : [[line[1], line[2]]])));
  const of = (name: keyof FirstFacts): string => facts.get(name) ?? "";
  if (!/^\d+$/.test(of("userId")) || of("hostName") === "") return undefined;
  return {
    userId: Number(of("userId")),
    hostName: of("hostName"),
    architecture: of("architecture"),
    system: of("system"),
    systemVersion: of("systemVersion"),
    memoryKb: Number(of("memoryKb")),
    diskFreeKb: Number(of("diskFreeKb")),
    installedVersion: of("installedVersion"),
    hasSystemd: of("hasSystemd") === "yes",
    mayBecomeRoot: of("mayBecomeRoot") === "yes",
    interfaces: of("interfaces").split(" ").filter(Boolean),
  };
}
