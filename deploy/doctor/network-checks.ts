import type { BoardFacts } from "./board-facts.ts";
import { type Check, type Finding, fail, ok, type Repair, unknown, warn } from "./check.ts";

const MTU_MIN = 1_280;
const MTU_USUAL = 1_500;
/** Sockets of this size take bursts. Source: socket(7), rmem_max. */
const RECEIVE_BYTES_MIN = 200_000;

/** Interfaces, ports, names. */
export const NETWORK_CHECKS: readonly Check[] = [
  {
    id: "network",
    question: "an address on a network",
    look: (facts: BoardFacts): Finding => {
      const found = lanAddresses(facts).map(({ name, address }) => `${name} ${address}`);
      return found.length === 0 ? fail("no IPv4 address but loopback") : ok(found.join(", "));
    },
    advice: "Plug the cable in, or ask for an address: ip address; networkctl status.",
  },
  {
    id: "link",
    question: "an interface whose cable is plugged in",
    look: (facts: BoardFacts): Finding => {
      const names = [...new Set(lanAddresses(facts).map(({ name }) => name))];
      if (names.length === 0) return fail("no interface");
      const states = names.map(
        (name) => facts.text(`/sys/class/net/${name}/operstate`)?.trim() ?? "?",
      );
      if (states.every((state) => state === "?" || state === "unknown"))
        return unknown(states.join(" "));
      return states.includes("up")
        ? ok(`${names.join(" ")} up`)
        : fail(`${names.join(" ")} ${states.join(" ")}`);
    },
    advice: "Check cable and switch: ip link.",
  },
  {
    id: "multicast",
    question: "an interface that takes multicast (time, discovery)",
    look: (facts: BoardFacts): Finding => flagged(facts, 0x1000, "multicast"),
    advice: "ip link set dev NAME multicast on; some tunnels and WLANs cannot.",
  },
  {
    id: "broadcast",
    question: "an interface that takes broadcasts (beacons)",
    look: (facts: BoardFacts): Finding => flagged(facts, 0x2, "broadcast"),
    advice: "Beacons need a network with broadcasts: Ethernet or WLAN, no tunnel.",
  },
  {
    id: "mtu",
    question: "packets of the usual size",
    look: (facts: BoardFacts): Finding => {
      const names = [...new Set(lanAddresses(facts).map(({ name }) => name))];
      const mtus = names.map((name) =>
        Number(facts.text(`/sys/class/net/${name}/mtu`) ?? Number.NaN),
      );
      const known = mtus.filter((mtu) => !Number.isNaN(mtu));
      if (known.length === 0) return unknown("no interface says");
      const least = Math.min(...known);
      if (least < MTU_MIN) return fail(`${least} bytes`);
      return least < MTU_USUAL ? warn(`${least} bytes`) : ok(`${least} bytes`);
    },
    advice: `ip link set dev NAME mtu ${MTU_USUAL}; all boards of a network need the same.`,
  },
  {
    id: "firewall",
    question: "no firewall that drops what boards say",
    look: ({ run, beaconUdpPort }: BoardFacts): Finding => {
      const rules = run("nft", "list", "ruleset") ?? run("iptables", "-S");
      if (rules?.status !== 0) return unknown("the rules may not be read");
      const drops = /hook input[^}]*policy drop|^-P INPUT DROP/m.test(rules.out);
      if (!drops) return ok("input is not dropped");
      const isOpen = rules.out.includes(String(beaconUdpPort));
      return isOpen ? ok(`UDP ${beaconUdpPort} is let in`) : fail("input is dropped");
    },
    advice:
      "Let in UDP 15670 (beacons) and TCP of the boards' network: nft add rule inet filter input ip saddr NETWORK accept.",
  },
  {
    id: "beacon-port",
    question: "a free port for beacons",
    look: ({ portIsFree, beaconUdpPort }: BoardFacts): Finding => {
      const isFree = portIsFree("udp", beaconUdpPort);
      if (isFree === undefined) return unknown("it could not be tried");
      return isFree ? ok(`UDP ${beaconUdpPort} is free`) : warn(`UDP ${beaconUdpPort} is taken`);
    },
    advice:
      "ss -lunp tells by whom; an agent that runs already is no fault. Else --udp-port N on all boards.",
  },
  {
    id: "ledger-port",
    question: "a free port for a ledger",
    look: ({ portIsFree }: BoardFacts): Finding => {
      const isFree = portIsFree("tcp", 8_545);
      if (isFree === undefined) return unknown("it could not be tried");
      return isFree ? ok("TCP 8545 is free") : warn("TCP 8545 is taken");
    },
    advice: "Only where a ledger is to run; hedgerow ledger --port N takes another.",
  },
  {
    id: "ipv6",
    question: "IPv6 that is whole, or off",
    look: ({ text, interfaces }: BoardFacts): Finding => {
      const isOff = text("/proc/sys/net/ipv6/conf/all/disable_ipv6")?.trim();
      if (isOff === undefined) return ok("the kernel has none");
      if (isOff === "1") return ok("off");
      const has = interfaces.some(({ family, isInternal }) => family === "IPv6" && !isInternal);
      return has ? ok("on") : warn("on, without an address");
    },
    advice:
      "Boards use IPv4; an interface without a link-local address often hides a broken driver or bridge.",
  },
  {
    id: "hostname",
    question: "a name of its own",
    look: ({ hostname, otherBoards }: BoardFacts): Finding => {
      const common = new Set([
        "localhost",
        "beaglebone",
        "beagleplay",
        "raspberrypi",
        "debian",
        "arm",
      ]);
      if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/.test(hostname)) return fail(hostname || "no name");
      if (otherBoards?.includes(hostname) === true) return fail(`${hostname} is there already`);
      return common.has(hostname.toLowerCase())
        ? warn(`${hostname}, as every new one`)
        : ok(hostname);
    },
    advice:
      "hostnamectl set-hostname NAME; a board is called as its host unless --name says otherwise.",
  },
  {
    id: "hosts",
    question: "a name that leads to this machine",
    look: ({ text, hostname }: BoardFacts): Finding => {
      const hosts = text("/etc/hosts");
      if (hosts === undefined) return unknown("/etc/hosts is not readable");
      const names = hosts
        .split("\n")
        .flatMap((line) => (line.split("#")[0] ?? "").trim().split(/\s+/).slice(1));
      return names.includes(hostname) ? ok("in /etc/hosts") : warn("not in /etc/hosts");
    },
    advice: 'Add "127.0.1.1 NAME" to /etc/hosts: else sudo and others wait for a name server.',
  },
  {
    id: "receive-buffer",
    question: "sockets that take a burst",
    look: ({ text }: BoardFacts): Finding => {
      const bytes = Number(text("/proc/sys/net/core/rmem_max") ?? Number.NaN);
      if (Number.isNaN(bytes)) return unknown("the kernel does not say");
      return bytes < RECEIVE_BYTES_MIN ? warn(`${bytes} bytes`) : ok(`${bytes} bytes`);
    },
    advice: "sysctl -w net.core.rmem_max=212992, and the same in /etc/sysctl.d.",
    repair: (): Repair => ({ command: "sysctl", words: ["-w", "net.core.rmem_max=212992"] }),
  },
];

/** IPv4 addresses but loopback. */
function lanAddresses({ interfaces }: BoardFacts): BoardFacts["interfaces"] {
  return interfaces.filter(({ family, isInternal }) => family === "IPv4" && !isInternal);
}

/** Source: netdevice(7), SIOCGIFFLAGS; /sys/class/net/NAME/flags holds the same bits. */
function flagged(facts: BoardFacts, flag: number, what: string): ReturnType<Check["look"]> {
  const names = [...new Set(lanAddresses(facts).map(({ name }) => name))];
  const known = names.flatMap((name) => {
    const flags = Number(facts.text(`/sys/class/net/${name}/flags`)?.trim() ?? Number.NaN);
    return Number.isNaN(flags) ? [] : [{ name, has: (flags & flag) !== 0 }];
  });
  if (known.length === 0) return unknown("no interface says");
  const able = known.filter(({ has }) => has).map(({ name }) => name);
  return able.length === 0 ? fail(`no ${what}`) : ok(able.join(" "));
}
