import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { BEACON_UDP_PORT } from "../../agent/discovery/discovery.ts";
import { CHECKS, doctorText, examine, GROUPS } from "../doctor/doctor.ts";
import { freePorts } from "../doctor/free-ports.ts";
import { realFacts } from "../doctor/real-facts.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { readWords, textOf, wholeOption } from "./words.ts";

const LEDGER_TCP_PORT = 8_545;

/** `hedgerow doctor`: whether this machine can run an agent, and what to do if not. */
export const doctorCommand: Command = {
  summary: "checks whether this machine can run an agent well, and says what to do",
  help: `hedgerow doctor [GROUP|CHECK...] [options]

Looks at the system, its network, its clock, its pins and the agent's service, and changes nothing.
GROUP is one of ${Object.keys(GROUPS).join(", ")}; CHECK is a name that the list shows. Default: all.
ok: fine; warn: works, but not well; fail: an agent will not work; unknown: cannot be told from here.
Exit status 1: at least one fails.

  --fix                 does what the list shows as "--fix runs", for the groups and checks named, and looks
                        again; only what does no harm is ever shown. Usually as root
  --json                a list of {id, verdict, saw, advice, repair}
  --data FOLDER         of the agent; default /var/lib/hedgerow
  --udp-port N          port of the beacons; default ${BEACON_UDP_PORT}`,
  async run(words, { out, err }) {
    const { values, positionals } = readWords(words, {
      ...{ fix: { type: "boolean" }, json: { type: "boolean" } },
      ...{ data: { type: "string" }, "udp-port": { type: "string" } },
    });
    const checks = positionals.length === 0 ? CHECKS : positionals.flatMap(checksCalled);
    const beaconUdpPort = wholeOption(values, "udp-port", {
      ...{ min: 1, max: 65_535 },
      fallback: BEACON_UDP_PORT,
    });
    const dataFolder = resolve(textOf(values, "data") ?? "/var/lib/hedgerow");
    const look = async (): Promise<ReturnType<typeof examine>> => {
      const ports = await freePorts([
        ["udp", beaconUdpPort],
        ["tcp", LEDGER_TCP_PORT],
      ]);
      return examine(checks, realFacts({ dataFolder, beaconUdpPort }, ports));
    };
    let results = await look();
    if (values["fix"] === true) {
      for (const { id, repair } of results) {
        if (repair === undefined) continue;
        const { status, stderr } = spawnSync(repair.command, repair.words, { encoding: "utf8" });
        const end = status === 0 ? "done" : `not done: ${stderr || "no such command"}`.trim();
        err.write(`${id}: ${repair.command} ${repair.words.join(" ")}: ${end}\n`);
      }
      results = await look();
    }
    out.write(values["json"] === true ? `${JSON.stringify(results)}\n` : doctorText(results));
    return results.some(({ verdict }) => verdict === "fail") ? EXIT.failed : EXIT.ok;
  },
};

function checksCalled(name: string): typeof CHECKS {
  if (Object.hasOwn(GROUPS, name)) return GROUPS[name as keyof typeof GROUPS];
  const found = CHECKS.filter(({ id }) => id === name);
  if (found.length === 0)
    throw new UsageError(`there is no check or group ${name}; see hedgerow doctor --help`);
  return found;
}
