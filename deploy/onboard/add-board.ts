import { NO_TRUST, readTrust, type Trust } from "../../agent/bundle/trust.ts";
import { AgentError } from "../../agent/core/errors.ts";
import type { Result } from "../doctor/doctor.ts";
import { BOARD_PATHS, readBoardFile, runAsRoot, StepError, writeScript } from "./board-files.ts";
import { type FirstFacts, firstFactsScript, readFirstFacts } from "./first-facts.ts";
import type { KnownBoard } from "./known-boards.ts";
import { planSteps, readPackageName, type StepName } from "./plan-rule.ts";
import { withAdmin, withSettings, withTrusted } from "./settings-text.ts";
import { quoted, type Remote, type SshTarget } from "./ssh.ts";

/** What a person wants of a board. */
export interface AddOptions {
  readonly target: SshTarget;
  /** As deployments will name it; default: its host name. */
  readonly name: string | undefined;
  readonly cluster: string;
  readonly interfaceName: string;
  readonly debPath: string | undefined;
  readonly isReinstalled: boolean;
  /** Who may tell the board what to do: Ed25519 public key in hex, and whose it is. */
  readonly operator: { readonly key: string; readonly name: string };
  readonly known: readonly KnownBoard[];
  /** Stands before the board's paths; empty but for a system in a folder. */
  readonly root: string;
}

/** What came of it. */
export interface Added {
  readonly board: KnownBoard;
  readonly doctor: readonly Result[];
  /** What was done and what is left to do, for people. */
  readonly notes: readonly string[];
}

/** Tells how far it is: a line when a step begins, and one when it has ended. */
export type Tell = (step: string, text: string) => void;

/**
 * Brings a board into the cluster, as far as the board itself goes: package, settings, keys, whom it trusts. May be
 * done again: what is so already stays. Secret keys are made there and stay there.
 * @throws StepError with the step, what was seen and what to do. Settings are put back as they were.
 */
export async function addBoard(remote: Remote, options: AddOptions, tell: Tell): Promise<Added> {
  const { target, root, debPath, known, cluster, interfaceName } = options;
  const facts = await lookAt(remote, root);
  tell("look", `${facts.system} ${facts.systemVersion} ${facts.architecture}, ${facts.hostName}`);
  const deb = debPath === undefined ? undefined : readPackageName(debPath);
  if (debPath !== undefined && deb === undefined)
    throw new StepError(
      "look",
      `${debPath} is not named hedgerow_VERSION_ARCH.deb`,
      "name the file as it was built",
    );
  const plan = planSteps({ facts, deb, interfaceName, isReinstalled: options.isReinstalled });
  if (plan.kind === "refused") throw new StepError("look", plan.reason, plan.advice);
  for (const note of plan.notes) tell("look", note);
  const name = options.name ?? facts.hostName;
  const other = known.find((each) => each.name === name && each.host !== target.host);
  if (other !== undefined)
    throw new StepError(
      "look",
      `${name} is the name of the board at ${other.host}`,
      "give another --name, or hedgerow board remove that one",
    );
  const notes: string[] = [...plan.notes];
  const has = (step: StepName): boolean => plan.steps.includes(step);
  if (has("install") && debPath !== undefined) await install(remote, debPath, tell);
  else tell("install", `not needed, ${facts.installedVersion} is there`);
  const doctor = await askDoctor(remote, root, tell);
  const peers = known.filter((each) => each.name !== name && each.cluster === cluster);
  await applySettings(remote, { ...options, name, facts, peers }, { tell, notes });
  const keys = await readKeys(remote, root, name);
  tell("keys", `Ed25519 ${keys.ed25519.slice(0, 16)}…, CURVE ${keys.curve ?? "not made yet"}`);
  if (keys.curve === undefined)
    notes.push("it has no CURVE key yet: start its agent, then add it again");
  const version = has("install") ? (deb?.version ?? "") : facts.installedVersion;
  const place = { cluster, interfaceName, architecture: facts.architecture, version };
  return { board: { name, ...target, ...place, ...keys }, doctor, notes };
}

/** What can be told of a board without a package. @throws StepError */
async function lookAt(remote: Remote, root: string): Promise<FirstFacts> {
  const ran = await remote.run(firstFactsScript(root), false);
  const facts = readFirstFacts(ran.stdout);
  if (facts !== undefined) return facts;
  const saw = `the board's shell did not answer as expected: ${ran.stderr.trim() || ran.stdout.trim()}`;
  throw new StepError("look", saw, "log in with ssh and see whether sh works there");
}

async function install(remote: Remote, debPath: string, tell: Tell): Promise<void> {
  const step = "install";
  const file = debPath.split("/").at(-1) ?? "";
  const made = await remote.run("mktemp -d\n", false);
  const folder = made.stdout.trim();
  if (made.status !== 0 || !folder.startsWith("/"))
    throw new StepError(
      step,
      "no temporary folder can be made there",
      "is its disk full, or read only? df; mount",
    );
  tell(step, `copying ${file}`);
  try {
    const { status, stderr } = await remote.copy(debPath, `${folder}/${file}`);
    if (status !== 0)
      throw new StepError(
        step,
        stderr.trim(),
        "is the file readable, and is there room in its /tmp?",
      );
    tell(step, "apt-get install, with what it depends on");
    // The folder is its user's alone; apt reads packages as a user of its own.
    const script = `chmod 755 ${quoted(folder)}
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -o Dpkg::Options::=--force-confold -- ${quoted(`${folder}/${file}`)} </dev/null
`;
    const advice =
      "run apt-get update on the board: it needs a Debian mirror for what the package depends on; " +
      "dpkg --configure -a repairs a half-done installation. Its settings were not touched";
    await runAsRoot(remote, script, { step, advice });
  } finally {
    await remote.run(`rm -rf -- ${quoted(folder)}\n`, false);
  }
}

/** What `hedgerow doctor` of the board says. What fails is told, and does not stop: the agent may still start. */
async function askDoctor(remote: Remote, root: string, tell: Tell): Promise<readonly Result[]> {
  const data = quoted(`${root}${BOARD_PATHS.data}`);
  const { stdout, stderr } = await remote.run(`hedgerow doctor --json --data ${data}\n`, true);
  const results = readDoctor(stdout);
  if (results === undefined)
    throw new StepError(
      "doctor",
      `hedgerow doctor did not run: ${stderr.trim()}`,
      "install the package again: --reinstall",
    );
  for (const { id, verdict, saw, advice } of results)
    if (verdict === "fail" || verdict === "warn")
      tell("doctor", `${verdict} ${id}: ${saw}${advice === undefined ? "" : `; ${advice}`}`);
  const bad = results.filter(({ verdict }) => verdict === "fail").length;
  tell("doctor", `${results.length} checks, ${bad} failed`);
  return results;
}

/** Reads what `hedgerow doctor --json` prints; undefined when it is something else. */
export function readDoctor(text: string): readonly Result[] | undefined {
  const line = text.split("\n").find((each) => each.startsWith("[{"));
  if (line === undefined) return undefined;
  try {
    const value = JSON.parse(line) as readonly Result[];
    return value.every(({ id, verdict }) => typeof id === "string" && typeof verdict === "string")
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}

interface Wanted extends AddOptions {
  readonly name: string;
  readonly facts: FirstFacts;
  readonly peers: readonly KnownBoard[];
}

/** Name, cluster, interface, whom it obeys and whom it lets connect; then the agent starts with them. */
async function applySettings(
  remote: Remote,
  { root, name, cluster, interfaceName, operator, peers, facts }: Wanted,
  { tell, notes }: { readonly tell: Tell; readonly notes: string[] },
): Promise<void> {
  const step = "settings";
  const [config, trusted, trust] = [BOARD_PATHS.config, BOARD_PATHS.trusted, BOARD_PATHS.trust].map(
    (path) => `${root}${path}`,
  ) as [string, string, string];
  const before = {
    [config]: await readBoardFile(remote, config, step),
    [trusted]: await readBoardFile(remote, trusted, step),
    [trust]: await readBoardFile(remote, trust, step),
  };
  const help = await remote.run("hedgerow node --help\n", true);
  // An option that its agent does not know would keep it from starting.
  const obeys = /^\s*--trust FILE/m.test(help.stdout);
  const trustText = before[trust] ?? "";
  const admins = withAdmin(trustOf(trustText, trust), operator.key, operator.name);
  const settings = {
    name,
    cluster,
    interface: interfaceName,
    ...(obeys ? { trust: BOARD_PATHS.trust } : {}),
  };
  const curves = peers.flatMap(({ name: peer, curve }) =>
    curve === undefined ? [] : [{ name: peer, curve }],
  );
  const after = {
    [config]: withSettings(before[config] ?? "", settings),
    [trusted]: withTrusted(before[trusted] ?? "", curves),
    [trust]: `${JSON.stringify(admins, undefined, 2)}\n`,
  };
  const changed = Object.entries(after).filter(([path, text]) => text !== before[path]);
  const put = (texts: readonly (readonly [string, string])[]): string =>
    ["set -e\n", ...texts.map(([path, text]) => writeScript(path, text))].join("");
  const advice = "is its disk full, or read only? df; mount";
  await runAsRoot(remote, put(changed), { step, advice });
  tell(step, changed.length === 0 ? "as they were" : changed.map(([path]) => path).join(", "));
  if (!obeys) notes.push("its agent is too old for hedgerow deploy: install a newer package");
  if (!facts.hasSystemd) {
    const start = `hedgerow node --config ${BOARD_PATHS.config}`;
    tell("restart", `there is no systemd; start it with: ${start}`);
    notes.push(`start its agent: ${start}`);
    return;
  }
  const { status, stderr } = await remote.run(
    "systemctl enable hedgerow.service && systemctl restart hedgerow.service\n",
    true,
  );
  if (status === 0) {
    tell("restart", "hedgerow.service runs");
    return;
  }
  const old = changed.map(([path]) => [path, before[path] ?? ""] as const);
  const undo = old.map(([path, text]) =>
    text === "" ? `rm -f ${quoted(path)}\n` : writeScript(path, text),
  );
  await remote.run(`${undo.join("")}systemctl restart hedgerow.service\n`, true);
  throw new StepError(
    "restart",
    `the agent did not start: ${stderr.trim()}`,
    "its settings are as they were before; on the board: journalctl -u hedgerow -n 50",
  );
}

/** @throws StepError: a trust file that cannot be read is not replaced; it may name people. */
function trustOf(text: string, path: string): Trust {
  if (text === "") return NO_TRUST;
  try {
    return readTrust(text);
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    throw new StepError(
      "settings",
      `${path}: ${error.message}`,
      "repair it on the board, or move it away",
    );
  }
}

/** The public halves; whatever is missing is made there, by the agent's own user. @throws StepError */
async function readKeys(
  remote: Remote,
  root: string,
  name: string,
): Promise<{ readonly ed25519: string; readonly curve?: string }> {
  const key = quoted(`${root}${BOARD_PATHS.data}/${name}/board.key`);
  const curveKey = quoted(`${root}${BOARD_PATHS.curveKey}`);
  const script = `if id hedgerow >/dev/null 2>&1; then runuser -u hedgerow -- hedgerow key ${key}; else hedgerow key ${key}; fi
if [ -e ${curveKey} ]; then sed -n 's/^public /curve /p' ${curveKey}; fi
`;
  const advice = "on the board: journalctl -u hedgerow; ls -l /var/lib/hedgerow";
  const text = await runAsRoot(remote, script, { step: "keys", advice });
  const keys = readPublicKeys(text);
  if (keys === undefined) throw new StepError("keys", `no public key in: ${text.trim()}`, advice);
  return keys;
}

/** Reads the public keys that a board printed; undefined without the Ed25519 one. */
export function readPublicKeys(
  text: string,
): { readonly ed25519: string; readonly curve?: string } | undefined {
  const ed25519 = /^([0-9a-f]{64})$/m.exec(text)?.[1];
  const curve = /^curve (\S{40})$/m.exec(text)?.[1];
  if (ed25519 === undefined) return undefined;
  return curve === undefined ? { ed25519 } : { ed25519, curve };
}
