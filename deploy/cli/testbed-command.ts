import { once } from "node:events";
import { percentile } from "../bench/figures.ts";
import {
  cutByHand,
  type HandTestbed,
  handNames,
  handStarter,
  handTestbed,
  healByHand,
  linkByHand,
  programCounts,
  raiseHandTestbed,
  removeHandTestbed,
} from "../testbed/hand.ts";
import { type Arrival, measureWay } from "../testbed/measure.ts";
import { sweepStale } from "../testbed/owner.ts";
import { HOSTS_MAX, type HostPlace, SUBNETS_MAX } from "../testbed/plan.ts";
import { switchObstacle } from "../testbed/switch-process.ts";
import { nftObstacle, testbedObstacle } from "../testbed/tools.ts";
import { type Command, EXIT, type Terminal, UsageError } from "./command.ts";
import { hasQuality, qualityOf } from "./link-words.ts";
import { readWords, textOf, type Values, wholeOption } from "./words.ts";

/** What a part of the command is given. */
interface Call {
  readonly words: readonly string[];
  readonly values: Values;
  readonly terminal: Terminal;
}

type Part = (call: Call) => Promise<number>;

const PARTS: Readonly<Record<string, Part>> = { up, status, run, ping, cut, heal, link, down };

/** `hedgerow testbed`: many hosts on this machine, by hand. */
export const testbedCommand: Command = {
  summary: "many hosts on this machine: network namespaces with delay, loss and cuts",
  help: `hedgerow testbed PART [options]

Hosts h1, h2, ... as network namespaces of this machine, with addresses 10.77.1.1, 10.77.1.2, ... and
broadcast; no packet of theirs leaves the machine. They stay until \`down\`. Needs root and iproute2; cuts
need nftables, delay and loss a C compiler (for our switch, compiled once).

  up                    makes them: hedgerow testbed up --hosts 5 --subnets 2 --delay 5ms --jitter 2ms --loss 1%
  status                who is there, with which address, and how many programs run on each
  run HOST -- COMMAND   runs a program on a host, such as: hedgerow testbed run h1 -- hedgerow node
                        --name h1 --host 10.77.1.1 --broadcast 10.77.1.255
  ping HOST HOST        sends datagrams there and back, and says what became of them
  cut HOST HOST         the second hears nothing of the first from now on; the other way is left as it is
  heal                  ends all cuts
  link HOST HOST        gives the link from the first to the second a quality of its own (see below)
  down                  removes everything, and ends all that runs on the hosts; --all: every testbed

  --name NAME           which testbed, when there are several; default "testbed"
  --hosts N             up: 1 to ${HOSTS_MAX}; default 2
  --subnets N           up: 1 to ${SUBNETS_MAX}, with a router between them; default 1. Broadcasts stay in theirs
  --count N             ping: how many datagrams; default 100, one every 10 ms
  --json                status, ping: as JSON

  A link's quality, for every frame, one way (so a way and back has it twice):
  --delay TIME          such as 5ms or 200us
  --jitter TIME         the delay differs by so much to both sides; frames of a link keep their order
  --loss, --duplicate, --reorder SHARE
                        such as 1% or 0.01; a reordered frame does not wait
  --seed N              up: of these chances; default 1

Exit status: 0 done, or that of the command that was run; 1 failed, or no root; 2 wrong usage.`,
  async run(words, terminal) {
    const end = words.includes("--") ? words.indexOf("--") : words.length;
    const string = { type: "string" } as const;
    const { values, positionals } = readWords(words.slice(0, end), {
      ...{ name: string, hosts: string, subnets: string, count: string, seed: string },
      ...{ delay: string, jitter: string, loss: string, duplicate: string, reorder: string },
      ...{ json: { type: "boolean" }, all: { type: "boolean" } },
    });
    const [name = "", ...rest] = positionals;
    const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
    if (part === undefined)
      throw new UsageError(
        `testbed takes one of ${Object.keys(PARTS).join(", ")}; see hedgerow testbed --help`,
      );
    const obstacle = testbedObstacle();
    if (obstacle !== undefined) return refused(terminal, `a testbed ${obstacle}`);
    return part({ words: [...rest, ...words.slice(end + 1)], values, terminal });
  },
};

function refused({ err }: Terminal, why: string): number {
  err.write(`hedgerow: ${why}\n`);
  return EXIT.failed;
}

async function up({ words, values, terminal }: Call): Promise<number> {
  noMore(words, 0, "up takes no names");
  const name = nameOf(values);
  if (handTestbed(name) !== undefined)
    return refused(terminal, `testbed ${name} is up already: hedgerow testbed down --name ${name}`);
  const obstacle = hasQuality(values) ? switchObstacle() : undefined;
  if (obstacle !== undefined) return refused(terminal, `delay and loss: ${obstacle}`);
  const hostCount = wholeOption(values, "hosts", { min: 1, max: HOSTS_MAX, fallback: 2 });
  const max = Math.min(SUBNETS_MAX, hostCount);
  const made = await raiseHandTestbed(name, {
    hostCount,
    subnetCount: wholeOption(values, "subnets", { min: 1, max, fallback: 1 }),
    seed: wholeOption(values, "seed", { min: 0, max: 2 ** 32 - 1, fallback: 1 }),
    ...(hasQuality(values) ? { link: qualityOf(values) } : {}),
  });
  terminal.out.write(await statusText(made));
  return EXIT.ok;
}

async function status({ words, values, terminal }: Call): Promise<number> {
  noMore(words, 0, "status takes no names");
  const beds = handNames().flatMap((name) => handTestbed(name) ?? []);
  if (values["json"] === true) terminal.out.write(`${JSON.stringify(beds, undefined, 1)}\n`);
  else if (beds.length === 0) terminal.out.write("no testbed is up\n");
  else for (const each of beds) terminal.out.write(await statusText(each));
  return EXIT.ok;
}

async function run({ words, values, terminal }: Call): Promise<number> {
  const [host, ...command] = words;
  if (host === undefined || command.length === 0)
    throw new UsageError("testbed run takes HOST -- COMMAND");
  const place = hostIn(needed(values), host);
  const child = handStarter.spawn(place, command, { stdio: "inherit" });
  terminal.signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? EXIT.interrupted;
}

async function ping({ words, values, terminal }: Call): Promise<number> {
  const bed = needed(values);
  const [from, to] = twoHosts(bed, words, "ping");
  const count = wholeOption(values, "count", { min: 1, max: 100_000, fallback: 100 });
  const { there, back } = await measureWay(handStarter, from, to, { count, intervalMs: 10 });
  const facts = { count, there: way(there, count), back: way(back, there.length) };
  if (values["json"] === true) terminal.out.write(`${JSON.stringify(facts)}\n`);
  else
    terminal.out.write(
      `${wayText(`${from.name} to ${to.name}`, facts.there)}${wayText(`${to.name} to ${from.name}`, facts.back)}`,
    );
  return EXIT.ok;
}

async function cut({ words, values, terminal }: Call): Promise<number> {
  const bed = needed(values);
  const [from, to] = twoHosts(bed, words, "cut");
  const obstacle = nftObstacle();
  if (obstacle !== undefined) return refused(terminal, `a cut ${obstacle}`);
  await cutByHand(bed, from.name, to.name);
  return EXIT.ok;
}

async function heal({ words, values }: Call): Promise<number> {
  noMore(words, 0, "heal takes no names");
  await healByHand(needed(values));
  return EXIT.ok;
}

function link({ words, values }: Call): Promise<number> {
  const bed = needed(values);
  const [from, to] = twoHosts(bed, words, "link");
  const { hosts } = bed.plan;
  linkByHand(bed, hosts.indexOf(from), hosts.indexOf(to), qualityOf(values));
  return Promise.resolve(EXIT.ok);
}

async function down({ words, values }: Call): Promise<number> {
  noMore(words, 0, "down takes no names; --name NAME or --all");
  await sweepStale();
  if (values["all"] === true)
    for (const name of handNames()) {
      const bed = handTestbed(name);
      if (bed !== undefined) await removeHandTestbed(bed);
    }
  else await removeHandTestbed(needed(values));
  return EXIT.ok;
}

function nameOf(values: Values): string {
  const name = textOf(values, "name") ?? "testbed";
  if (!/^[a-z0-9-]{1,40}$/i.test(name))
    throw new UsageError(`--name takes letters, digits and dashes, not ${name}`);
  return name;
}

function needed(values: Values): HandTestbed {
  const name = nameOf(values);
  const bed = handTestbed(name);
  if (bed === undefined)
    throw new UsageError(`testbed ${name} is not up: hedgerow testbed up --name ${name} --hosts N`);
  return bed;
}

function hostIn({ plan }: HandTestbed, name: string): HostPlace {
  const host = plan.hosts.find((each) => each.name === name);
  if (host === undefined)
    throw new UsageError(`there is no host ${name}: h1 to h${plan.hosts.length}`);
  return host;
}

function twoHosts(
  bed: HandTestbed,
  words: readonly string[],
  part: string,
): readonly [HostPlace, HostPlace] {
  const [from, to] = words;
  if (from === undefined || to === undefined || from === to)
    throw new UsageError(`testbed ${part} takes two hosts, such as h1 h2`);
  noMore(words, 2, `testbed ${part} takes two hosts`);
  return [hostIn(bed, from), hostIn(bed, to)];
}

function noMore(words: readonly string[], max: number, why: string): void {
  if (words.length > max) throw new UsageError(why);
}

async function statusText(bed: HandTestbed): Promise<string> {
  const { name, plan, cuts } = bed;
  const counts = await programCounts(bed);
  const lines = plan.hosts.map((host, index) => {
    const cut = cuts[host.name] ?? [];
    const deaf = cut.length === 0 ? "" : `   hears nothing of ${cut.join(", ")}`;
    return `  ${host.name.padEnd(5)} ${host.address.padEnd(12)} broadcast ${host.broadcastAddress.padEnd(13)} ${counts[index] ?? 0} programs${deaf}`;
  });
  const kind = plan.link === undefined ? "the kernel's bridge" : "our switch";
  const subnets = plan.subnetCount === 1 ? "" : `, ${plan.subnetCount} subnets and a router`;
  return `testbed ${name}: ${plan.hosts.length} hosts on ${kind}${subnets}\n${lines.join("\n")}\n`;
}

function way(
  arrivals: readonly Arrival[],
  sentCount: number,
): {
  readonly lostCount: number;
  readonly medianUs: number;
  readonly p99Us: number;
  readonly maxUs: number;
} {
  const delays = arrivals.map(({ delayUs }) => delayUs);
  return {
    lostCount: sentCount - new Set(arrivals.map(({ number }) => number)).size,
    medianUs: percentile(delays, 0.5),
    p99Us: percentile(delays, 0.99),
    maxUs: percentile(delays, 1),
  };
}

function wayText(
  title: string,
  { lostCount, medianUs, p99Us, maxUs }: ReturnType<typeof way>,
): string {
  if (Number.isNaN(medianUs)) return `${title}: all ${lostCount} lost\n`;
  const times = [medianUs, p99Us, maxUs].map((us) => (us / 1_000).toFixed(3));
  return `${title}: ${lostCount} lost; median ${times[0]} ms, p99 ${times[1]} ms, max ${times[2]} ms\n`;
}
