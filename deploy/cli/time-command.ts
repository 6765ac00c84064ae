import { resolve } from "node:path";
import { planSetup, type SetupPlan } from "../time-setup/plan-setup.ts";
import { type SetupWish, wrongWith } from "../time-setup/setup-wish.ts";
import { parseStamping } from "../time-setup/stamping.ts";
import { type Written, writeSetup } from "../time-setup/write-setup.ts";
import { runTool } from "../time-sources/run-tool.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { listOption, readWords, textOf, type Values } from "./words.ts";

/** `hedgerow time`: the time daemons of a board. */
export const timeCommand: Command = {
  summary: "write and check configurations of chrony and linuxptp for this board",
  help: `hedgerow time setup --role master|slave|standalone --with chrony|linuxptp [options]

Writes what chrony or linuxptp need for a role, with a reason above each line, and says what to run
next. It starts nothing and, without --write, writes nothing. The same words twice change nothing.

  --role ROLE           master: gives time to the others. slave: takes it from a master.
                        standalone: takes it from NTP and gives none
  --with DAEMON         chrony: good to 0.1 ms on a LAN, everywhere. linuxptp: below 1 µs, with network
                        hardware that stamps packets (BeagleBone, BeaglePlay, AI-64; not Raspberry Pi 4)
  --interface NAME      default eth0
  --server ADDRESS      NTP server, or a chrony slave's master; again for more. Default for master and
                        standalone: the public pool
  --subnet NETWORK      of those a chrony master answers, such as 192.168.7.0/24; again for more
  --pps DEVICE          pulse of a GPS receiver, such as /dev/pps0; gpsd gives the time of day
  --stamping KIND       software or hardware; default: what ethtool -T says of the interface
  --dry-run             shows the files and what to run; the default
  --write FOLDER        writes the files below FOLDER; / is this board
  --replace             also over files that others wrote, which are kept as NAME.before-hedgerow
  --json                the plan, and what was written, as JSON

Exit status: 0 done, 1 a file of somebody else was left alone, 2 wrong usage.`,
  async run(words, { out, err }) {
    const { values, positionals } = readWords(words, {
      ...{
        role: STRING,
        with: STRING,
        interface: STRING,
        pps: STRING,
        stamping: STRING,
        write: STRING,
      },
      ...{ server: LIST, subnet: LIST, "dry-run": FLAG, replace: FLAG, json: FLAG },
    });
    if (positionals.join(" ") !== "setup")
      throw new UsageError("hedgerow time setup; see hedgerow time --help");
    const folder = textOf(values, "write");
    if (folder !== undefined && values["dry-run"] === true)
      throw new UsageError("--dry-run and --write exclude each other");
    const wish = await readWish(values);
    const wrong = wrongWith(wish);
    if (wrong !== undefined) throw new UsageError(wrong);
    const plan = planSetup(wish);
    const written =
      folder === undefined
        ? undefined
        : await writeSetup(plan.files, resolve(folder), values["replace"] === true);
    for (const warning of plan.warnings) err.write(`note: ${warning}\n`);
    out.write(
      values["json"] === true ? `${JSON.stringify({ ...plan, written })}\n` : text(plan, written),
    );
    return written?.some(({ what }) => what === "foreign") === true ? EXIT.failed : EXIT.ok;
  },
};

const STRING = { type: "string" } as const;
const LIST = { type: "string", multiple: true } as const;
const FLAG = { type: "boolean" } as const;

async function readWish(values: Values): Promise<SetupWish> {
  const nic = textOf(values, "interface") ?? "eth0";
  const daemon = oneOf(values, "with", ["chrony", "linuxptp"]);
  const role = oneOf(values, "role", ["master", "slave", "standalone"]);
  if (daemon === undefined || role === undefined)
    throw new UsageError(
      "hedgerow time setup needs --role master|slave|standalone and --with chrony|linuxptp",
    );
  const stamping =
    oneOf(values, "stamping", ["software", "hardware"]) ??
    (role === "standalone" ? "software" : await found(nic));
  return {
    ...{ role, daemon, stamping, interface: nic, pps: textOf(values, "pps") },
    ...{ servers: listOption(values, "server"), subnets: listOption(values, "subnet") },
  };
}

async function found(nic: string): Promise<SetupWish["stamping"]> {
  const said = await runTool("ethtool", ["-T", nic]);
  const facts = said === undefined ? undefined : parseStamping(said);
  return facts && (facts.hasHardware ? "hardware" : "software");
}

function oneOf<T extends string>(
  values: Values,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const text = textOf(values, name);
  const chosen = allowed.find((each) => each === text);
  if (text !== undefined && chosen === undefined)
    throw new UsageError(`--${name} is ${allowed.join(" or ")}, not ${text}`);
  return chosen;
}

function text({ files, next }: SetupPlan, written: readonly Written[] | undefined): string {
  const shown =
    written === undefined
      ? files.flatMap((file) => [`==> /${file.path}`, file.text])
      : written.map(
          ({ path, what }) =>
            `${what.padEnd(9)} ${path}${what === "foreign" ? " (left alone; --replace)" : ""}`,
        );
  return `${[...shown, "", "To run next, as root:", ...next.map((line) => `  ${line}`)].join("\n")}\n`;
}
