import type {
  ActorOptions,
  ForeignClause,
  RestartClause,
  RunAsClause,
} from "./actor-options-model.ts";
import type { ActorType, AppModel, Port } from "./app-model.ts";
import type { NameReference } from "./name-reference.ts";
import { didYouMean, noteDuplicates, type ProblemList } from "./problem-list.ts";

interface PlacedOptions {
  readonly actor: ActorType;
  readonly options: ActorOptions;
}

/** Notes what the block behind a placed actor asks for and cannot have. */
export function checkOptions(
  found: ProblemList,
  app: AppModel,
  { actor, options }: PlacedOptions,
): void {
  const { restart, runAs, workers, foreign } = options;
  checkIsolation(found, actor, options);
  if (restart !== null) checkRestart(found, restart);
  if (runAs !== null) checkRunAs(found, runAs);
  noteDuplicates(found, "worker", workers);
  for (const worker of workers) checkInstance(found, actor, worker);
  for (const clause of foreign) checkForeign(found, app, { actor, clause });
}

function checkIsolation(found: ProblemList, actor: ActorType, options: ActorOptions): void {
  const { isolation, runAs } = options;
  if (isolation?.mode !== "shared") return;
  if (runAs !== null)
    found.error(
      runAs.position,
      "an actor that shares its process cannot have a user or groups of its own",
      "write isolation own; or leave user and groups out",
    );
  if (actor.isRealTime || actor.scheduler !== undefined)
    found.error(
      isolation.position,
      `actor ${actor.name} has a schedule of its own, and needs a process of its own`,
      "write isolation own; or leave real-time and scheduler out of the model",
    );
}

function checkRestart(found: ProblemList, clause: RestartClause): void {
  const { restartsMax, periodMs, firstDelayMs, delayMsMax, position } = clause;
  if (periodMs === null) return;
  if (restartsMax < 1)
    found.error(position, `${restartsMax} restarts are none`, "write: restart never;");
  if (periodMs < 1)
    found.error(position, "restarts are counted over no time", "write such as: over 60 sec");
  if ((firstDelayMs ?? 0) < 0)
    found.error(position, "the delay is negative", "write such as: delay 50 msec");
  if (firstDelayMs !== null && delayMsMax !== null && delayMsMax < firstDelayMs)
    found.error(
      position,
      "the longest delay is below the first",
      "the delay doubles with each restart: write such as delay 50 msec to 5 sec",
    );
}

function checkRunAs(found: ProblemList, { user, groups }: RunAsClause): void {
  noteDuplicates(found, "group", groups);
  for (const { name, position } of [...(user === null ? [] : [user]), ...groups])
    if (!/^[\p{L}_][\p{L}\p{N}_.-]*\$?$/u.test(name))
      found.error(
        position,
        `${JSON.stringify(name)} is no name of a user or group`,
        "such names have letters, digits, hyphens, points and underscores",
      );
}

function checkInstance(
  found: ProblemList,
  actor: ActorType,
  { name, position }: NameReference,
): ActorType["instances"][number] | undefined {
  const use = actor.instances.find((each) => each.name === name);
  if (use === undefined)
    found.error(
      position,
      `actor ${actor.name} has no component ${name}`,
      didYouMean(
        name,
        actor.instances.map((each) => each.name),
      ),
    );
  return use;
}

const OPENS: readonly Port["kind"][] = ["pub", "srv", "rep", "ans"];
const FOLLOWS: readonly Port["kind"][] = ["sub", "clt", "req", "qry"];

function checkForeign(
  found: ProblemList,
  app: AppModel,
  { actor, clause }: { actor: ActorType; clause: ForeignClause },
): void {
  const use = checkInstance(found, actor, clause.component);
  const component = app.components.find(({ name }) => name === use?.component.name);
  if (component !== undefined) checkForeignPort(found, component.ports, clause);
  const { how, address, curveKey, position } = clause;
  if (!isAddress(how, address))
    found.error(
      position,
      `${JSON.stringify(address)} is no address to ${how === "bind" ? "open" : "follow"}`,
      how === "bind"
        ? 'write such as "tcp://0.0.0.0:5556": every network of this board, and a number up to 65535'
        : 'write such as "tcp://10.0.0.9:5556": a host, and a number up to 65535',
    );
  if (curveKey !== null && !/^[0-9A-Za-z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/.test(curveKey))
    found.error(
      position,
      "this is no public key: it has 40 characters of Z85",
      "take the key that the other program was given for its clients",
    );
}

function checkForeignPort(
  found: ProblemList,
  ports: readonly Port[],
  { how, component, port: { name, position } }: ForeignClause,
): void {
  const port = ports.find((each) => each.name === name);
  const [wanted, verb] = how === "bind" ? [OPENS, "opened"] : ([FOLLOWS, "followed"] as const);
  const able = ports.filter(({ kind }) => wanted.includes(kind)).map((each) => each.name);
  if (port === undefined)
    found.error(position, `${component.name} has no port ${name}`, didYouMean(name, able));
  else if (!wanted.includes(port.kind))
    found.error(
      position,
      `port ${name} is of kind ${port.kind}, which cannot be ${verb}`,
      how === "bind"
        ? `open is for ${OPENS.join(", ")}: they come to us; for others write follow`
        : `follow is for ${FOLLOWS.join(", ")}: we go to them; for others write open`,
    );
}

// Source: zmq_tcp(7), zmq_ipc(7).
function isAddress(how: ForeignClause["how"], address: string): boolean {
  if (/^ipc:\/\/.{1,100}$/.test(address)) return true;
  const match = /^tcp:\/\/([\w.-]+|\*|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/.exec(address);
  if (match === null || (how === "connect" && match[1] === "*")) return false;
  const port = Number(match[2]);
  return port >= 1 && port <= 65_535;
}
