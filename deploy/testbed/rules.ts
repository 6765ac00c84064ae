import type { HostPlace } from "./plan.ts";
import { mustRun } from "./tools.ts";

/** What one host does not let in, of what others send it. */
export interface HostRules {
  /** Nothing from these: hosts with their addresses. */
  readonly cutFrom: readonly { readonly address: string; readonly mac: string }[];
  /** Share of all packets from outside that is lost, 0 to 1. */
  readonly lossShare: number;
}

/**
 * The nftables rules of one host as text for `nft -f`: replaces what was before, in one step.
 *
 * Inside the host and on its way in: so a cut is one-way, and senders do not learn of it. Loss is drawn for each
 * packet on its own. Source: nft(8), numgen; the hook's place before connection tracking.
 */
export function rulesText({ cutFrom, lossShare }: HostRules): string {
  const lines = cutFrom.flatMap(({ address, mac }) => [
    `ip saddr ${address} counter drop`,
    // What has no address of the internet, such as ARP, and what has another family.
    `ether saddr ${mac} counter drop`,
  ]);
  const perMillion = Math.round(lossShare * 1_000_000);
  if (perMillion > 0)
    lines.push(`iifname != "lo" numgen random mod 1000000 < ${perMillion} counter drop`);
  const chain = "type filter hook prerouting priority -300; policy accept;";
  return `table inet hedgerow
delete table inet hedgerow
table inet hedgerow {
  chain arrival { ${chain}
${lines.map((line) => `    ${line}\n`).join("")}  }
}
`;
}

/** Puts the rules of a host into force. */
export async function applyRules(host: HostPlace, rules: HostRules): Promise<void> {
  const words = ["netns", "exec", host.namespace, "nft", "-f", "-"];
  await mustRun("ip", words, rulesText(rules));
}
